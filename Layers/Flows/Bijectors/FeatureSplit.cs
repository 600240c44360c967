using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Which features of a coupling pass and which move: takes them apart and puts them together again.</summary>
/// <remarks>Buffers pass, move, order: column numbers.</remarks>
internal sealed class FeatureSplit<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool[] _moved;
    private Var _passColumns = Var.None;
    private Var _movedColumns = Var.None;
    private Var _order = Var.None;

    /// <summary>Makes the split.</summary>
    /// <param name="moved">One entry a feature: true where it moves.</param>
    /// <exception cref="ArgumentException">Nothing passes or nothing moves.</exception>
    public FeatureSplit(ReadOnlySpan<bool> moved)
    {
        Moving = moved.Count(true);
        if (Moving == 0 || Moving == moved.Length) throw new ArgumentException($"mask moves {Moving} of {moved.Length} features; at least one must move and one must pass.");
        _moved = moved.ToArray();
    }

    public int Dimension => _moved.Length;

    public int Moving { get; }

    public int Passing => _moved.Length - Moving;

    /// <summary>Property mask of a recipe: 0 where a feature passes, 1 where it moves.</summary>
    public static bool[] ReadMask(string kind, ConfigReader reader)
    {
        int[] mask = reader.Integers("mask");
        foreach (int m in mask)
            if (m is not (0 or 1)) throw new BadInputException($"{kind}: property 'mask' holds {m}; it must hold 0 (passes) or 1 (moves) for every feature.");
        return Array.ConvertAll(mask, static m => m == 1);
    }

    public void WriteMask(Utf8JsonWriter json)
    {
        json.WriteStartArray("mask");
        foreach (bool moved in _moved) json.WriteNumberValue(moved ? 1 : 0);
        json.WriteEndArray();
    }

    public void Attach(string kind, ParameterStore<T> store, string scope)
    {
        BijectorGuard.NotAttached(kind, _order);
        double[] pass = new double[Passing], move = new double[Moving], order = new double[Dimension];
        for (int j = 0, a = 0, b = 0; j < Dimension; j++)
        {
            order[j] = _moved[j] ? pass.Length + b : a;
            if (_moved[j]) move[b++] = j;
            else pass[a++] = j;
        }
        _passColumns = store.AddBuffer($"{scope}.pass", 1, pass.Length, pass);
        _movedColumns = store.AddBuffer($"{scope}.move", 1, move.Length, move);
        _order = store.AddBuffer($"{scope}.order", 1, order.Length, order);
    }

    /// <summary>Records what passes [batch x Passing] and what moves [batch x Moving].</summary>
    public (Var Pass, Var Move) Apart(string kind, Tape<T> tape, Var x)
    {
        BijectorGuard.Width(kind, Dimension, x);
        BijectorGuard.Attached(kind, _order);
        return (tape.GatherColumns(x, _passColumns), tape.GatherColumns(x, _movedColumns));
    }

    /// <summary>Records the features in their order again.</summary>
    public Var Together(Tape<T> tape, Var pass, Var moved) => tape.GatherColumns(tape.ConcatColumns(pass, moved), _order);
}
