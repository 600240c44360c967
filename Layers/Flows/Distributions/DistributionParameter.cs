using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>One parameter of a distribution: learned and in the store, or fixed and a constant on every tape.</summary>
internal sealed class DistributionParameter<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly string _kind, _name;
    private readonly int _rows, _cols;
    private readonly double[]? _given;
    private readonly double[] _start;
    private readonly T[]? _fixed;
    private Var _var = Var.None;

    /// <summary>Makes it.</summary>
    /// <param name="kind">Of the distribution, for messages.</param>
    /// <param name="name">In the recipe and in the store.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="given">Start values by the user, row-major; null for <paramref name="otherwise"/>.</param>
    /// <param name="otherwise">Start values that follow from the rest of the recipe; null for zeros.</param>
    /// <param name="trainable">Learned or fixed.</param>
    public DistributionParameter(string kind, string name, int rows, int cols, ReadOnlySpan<double> given, double[]? otherwise, bool trainable)
    {
        (_kind, _name, _rows, _cols) = (kind, name, rows, cols);
        if (!given.IsEmpty)
        {
            DistributionGuard.Numbers(name, given, rows * cols);
            _given = given.ToArray();
        }

        _start = _given ?? otherwise ?? new double[rows * cols];
        if (!trainable) _fixed = Array.ConvertAll(_start, T.CreateTruncating);
    }

    public void Attach(ParameterStore<T> store, string scope)
    {
        if (_fixed is not null) return;
        BijectorGuard.NotAttached(_kind, _var);
        _var = store.AddParameter($"{scope}.{_name}", _rows, _cols, _start, decay: false);
    }

    /// <summary>Its handle on a tape.</summary>
    public Var On(Tape<T> tape)
    {
        if (_fixed is not null) return tape.Input(_fixed, _rows, _cols);
        BijectorGuard.Attached(_kind, _var);
        return _var;
    }

    public void WriteConfig(Utf8JsonWriter json)
    {
        if (_given is null) return;
        json.WriteStartArray(_name);
        foreach (double v in _given) json.WriteNumberValue(v);
        json.WriteEndArray();
    }
}
