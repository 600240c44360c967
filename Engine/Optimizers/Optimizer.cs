using System.Numerics;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>What all optimisers share: the step counter, the slots, the walk over the groups. A derived class names its kernel and computes the constants.</summary>
/// <remarks>The object holds settings only; whatever changes from step to step is in the store.</remarks>
public abstract class Optimizer<T> : IOptimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name of the counter that <see cref="Attach"/> adds.</summary>
    public const string StepCounter = "optimizer.step";

    private ParameterStore<T>? _store;
    private int _counter;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract int SlotCount { get; }

    /// <summary>Factor of the L2 term (AdamW: of the shrinkage); applies to groups with <see cref="ParameterGroup.Decay"/>.</summary>
    public double WeightDecay { get; protected init; }

    /// <summary>The kernel: slices value, gradient, slots; reals as written by <see cref="WriteConstants"/>.</summary>
    protected abstract KernelId Kernel { get; }

    /// <summary>Number of the kernel's constants.</summary>
    protected abstract int ConstantCount { get; }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _counter = store.AddCounter(StepCounter);
        _store = store;
    }

    /// <inheritdoc/>
    public void Prepare(ParameterStore<T> store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Values.IsNone) throw new InvalidOperationException($"Optimizer '{Name}': the store has no planes yet; call ParameterStore.Build first.");
        store.AllocateSlots(SlotCount);
    }

    /// <inheritdoc/>
    public long StepsTaken(ParameterStore<T> store) => store[CounterOf(store)];

    /// <inheritdoc/>
    public void Step(ParameterStore<T> store, double learningRate)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (!double.IsFinite(learningRate) || learningRate < 0)
            throw new ArgumentOutOfRangeException(nameof(learningRate), $"Optimizer '{Name}': the learning rate is {learningRate}; it must be finite and not negative.");
        int counter = CounterOf(store);
        if (store.SlotCount < SlotCount || store.Values.IsNone) Prepare(store);
        if (store[counter] == 0) ResetSlots(store);
        long step = store[counter] + 1;

        Span<Slice> planes = stackalloc Slice[2 + SlotCount];
        Span<double> constants = stackalloc double[ConstantCount];
        for (int i = 0; i < store.Groups.Count;)
        {
            ParameterGroup group = store.Groups[i++];
            int length = group.Length;
            // Groups lie end to end; those that this optimiser treats alike are one sweep.
            while (i < store.Groups.Count && Alike(group, store.Groups[i])) length += store.Groups[i++].Length;
            planes[0] = store.Values.Part(group.Start, length);
            planes[1] = store.Gradients.Part(group.Start, length);
            for (int s = 0; s < SlotCount; s++) planes[2 + s] = store.Slot(s).Part(group.Start, length);
            WriteConstants(constants, learningRate * group.LearningRateScale, group.Decay ? WeightDecay : 0, step);
            store.Backend.Run(Kernel, new KernelArgs(planes, default, constants));
        }
        store[counter] = step;
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("name", Name);
        WriteOptions(writer);
        writer.WriteNumber("weight_decay", WeightDecay);
        writer.WriteEndObject();
    }

    /// <summary>Writes the kernel's constants for one group.</summary>
    /// <param name="constants">Where to, <see cref="ConstantCount"/> numbers.</param>
    /// <param name="learningRate">The group's rate.</param>
    /// <param name="weightDecay">The group's decay, 0 for a group without.</param>
    /// <param name="step">Number of this step, from 1.</param>
    protected abstract void WriteConstants(Span<double> constants, double learningRate, double weightDecay, long step);

    /// <summary>Writes the options other than the weight decay.</summary>
    protected abstract void WriteOptions(Utf8JsonWriter writer);

    /// <summary>Value of a slot before the first step.</summary>
    protected virtual double InitialSlot(int slot) => 0;

    /// <summary>Refuses an option outside [<paramref name="least"/>, <paramref name="below"/>).</summary>
    private protected double Within(string option, double value, double least = 0, double below = double.PositiveInfinity)
    {
        if (value >= least && value < below) return value;
        string range = double.IsInfinity(below) ? $"finite and at least {least}" : $"at least {least} and below {below}";
        throw new BadInputException($"Optimizer '{Name}': {option} is {value}; it must be {range}.");
    }

    /// <summary>Refuses an epsilon that is 0 in <typeparamref name="T"/>: an element without a gradient would become 0/0.</summary>
    private protected double Epsilon(double value)
    {
        if (double.IsFinite(value) && value > 0 && T.CreateTruncating(value) > T.Zero) return value;
        throw new BadInputException($"Optimizer '{Name}': eps is {value}; it must be finite and more than 0 in {typeof(T).Name}, or elements with a zero gradient become NaN.");
    }

    private bool Alike(in ParameterGroup a, in ParameterGroup b)
        => a.LearningRateScale == b.LearningRateScale && (a.Decay == b.Decay || WeightDecay == 0);

    // By entry, so that the alignment gaps stay 0 in every plane.
    private void ResetSlots(ParameterStore<T> store)
    {
        for (int s = 0; s < SlotCount; s++)
            for (int i = 0; i < store.Parameters.Count; i++)
            {
                Var v = store.Parameters[i].Var;
                BasicKernels<T>.Fill(store.Backend, store.Slot(s).Part(v.Offset, v.Length), InitialSlot(s));
            }
    }

    private int CounterOf(ParameterStore<T> store)
    {
        if (ReferenceEquals(store, _store)) return _counter;
        for (int i = 0; i < store.Counters.Count; i++)
        {
            if (store.Counters[i] != StepCounter) continue;
            (_store, _counter) = (store, i);
            return i;
        }
        throw new InvalidOperationException($"Optimizer '{Name}' is not attached to this store; call Attach before ParameterStore.Build.");
    }
}
