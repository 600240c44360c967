using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>What the last few training steps measured, in the backend's memory, so that nobody waits for it step by step.</summary>
internal sealed class StepRing<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Loss = 0, Objective = 1, Penalty = 2, Norm = 3, Fixed = 4;

    private readonly IBackend<T> _backend;
    private readonly int _width;
    private readonly Slice _memory;
    private readonly T[] _read;
    private readonly Entry[] _entries;
    private readonly bool[] _rebuilt;

    /// <summary>Room for <paramref name="steps"/> steps with so many reconstruction errors each.</summary>
    public StepRing(IBackend<T> backend, int steps, int reconstructions)
    {
        _backend = backend;
        _width = Fixed + reconstructions;
        _entries = new Entry[steps];
        _rebuilt = new bool[steps * reconstructions];
        _read = new T[steps * _width];
        _memory = backend.Allocate(_read.Length);
    }

    /// <summary>Steps kept.</summary>
    public int Count { get; private set; }

    /// <summary>What the newest step's log-determinants are.</summary>
    public ValueKind LastValue => _entries[Count - 1].Value;

    /// <summary>Forgets them.</summary>
    public void Clear() => Count = 0;

    /// <summary>Keeps a step's numbers.</summary>
    public void Add(Tape<T> tape, long step, in FlowObjective objective, ReadOnlySpan<Var> reconstructions, Slice norm, double rate)
    {
        int at = Count * _width;
        Keep(tape, objective.Loss, at + Loss);
        Keep(tape, objective.Objective, at + Objective);
        if (!objective.Penalty.IsNone) Keep(tape, objective.Penalty, at + Penalty);
        if (!norm.IsNone) BasicKernels<T>.Copy(_backend, norm, _memory.Part(at + Norm, 1));
        for (int i = 0; i < reconstructions.Length; i++)
        {
            bool has = _rebuilt[(Count * (_width - Fixed)) + i] = !reconstructions[i].IsNone;
            if (has) Keep(tape, reconstructions[i], at + Fixed + i);
        }
        _entries[Count++] = new Entry(step, objective.Value, !objective.Penalty.IsNone, !norm.IsNone, rate);
    }

    /// <summary>Reads all steps at once, in one transfer.</summary>
    /// <exception cref="NonFiniteException">A loss or a gradient's norm is not finite.</exception>
    public void Read()
    {
        if (Count == 0) return;
        _backend.Read(_memory.Part(0, Count * _width), _read.AsSpan(0, Count * _width));
        long last = _entries[Count - 1].Step;
        for (int i = 0; i < Count; i++)
        {
            Entry e = _entries[i];
            string? bad = !T.IsFinite(_read[(i * _width) + Loss]) ? $"loss is {_read[(i * _width) + Loss]}"
                : e.HasNorm && !T.IsFinite(_read[(i * _width) + Norm]) ? $"gradient's norm is {_read[(i * _width) + Norm]}" : null;
            if (bad is null) continue;
            throw new NonFiniteException($"Step {e.Step}: the {bad}, found after step {last}: nothing was read between steps {_entries[0].Step} and {last}, and the parameters are spoilt. Lower the learning rate, clip the gradient, or report every step to see the layer.");
        }
    }

    /// <summary>Step number <paramref name="index"/> of those that <see cref="Read"/> has read.</summary>
    public StepReport this[int index]
    {
        get
        {
            Entry e = _entries[index];
            int at = index * _width;
            return new StepReport(
                e.Step, Number(at + Objective), e.Value, e.HasPenalty ? Number(at + Penalty) : 0, Reconstruction(index),
                e.HasNorm ? Number(at + Norm) : double.NaN, e.Rate);
        }
    }

    /// <summary>Gives memory back.</summary>
    public void Dispose() => _backend.Release(_memory);

    // In the order and the precision in which a trainer that reads every step adds them.
    private double Reconstruction(int index)
    {
        double sum = 0;
        bool any = false;
        int count = _width - Fixed;
        for (int i = 0; i < count; i++)
        {
            if (!_rebuilt[(index * count) + i]) continue;
            sum += Number((index * _width) + Fixed + i);
            any = true;
        }
        return any ? sum : double.NaN;
    }

    private void Keep(Tape<T> tape, Var v, int at) => BasicKernels<T>.Copy(_backend, tape.ValueOf(v), _memory.Part(at, 1));

    private double Number(int at) => double.CreateTruncating(_read[at]);

    private readonly record struct Entry(long Step, ValueKind Value, bool HasPenalty, bool HasNorm, double Rate);
}
