using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Where a training run stands. Numbers live in counters of the store and the best model in planes beside it, so that a checkpoint carries all of it.</summary>
public sealed class TrainerState<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterStore<T> _store;
    private readonly int _step, _epoch, _stepInEpoch, _objective, _reconstruction, _bestBits, _bestEpoch;

    internal TrainerState(ParameterStore<T> store)
    {
        _store = store;
        _step = store.AddCounter("trainer.step");
        _epoch = store.AddCounter("trainer.epoch");
        _stepInEpoch = store.AddCounter("trainer.step_in_epoch");
        _objective = store.AddCounter("trainer.objective_sum_bits");
        _reconstruction = store.AddCounter("trainer.reconstruction_sum_bits");
        // The name stands in checkpoints.
        _bestBits = store.AddCounter("trainer.best_nats_bits");
        _bestEpoch = store.AddCounter("trainer.best_epoch");
        Set(_bestBits, double.NegativeInfinity);
        BestValues = store.Backend.Allocate(store.Values.Length);
        BestBuffers = store.Backend.Allocate(store.BufferValues.Length);
    }

    /// <summary>Steps done.</summary>
    public long Step { get => _store[_step]; internal set => _store[_step] = value; }

    /// <summary>Epochs done.</summary>
    public long Epoch => _store[_epoch];

    /// <summary>Steps done in the epoch under way.</summary>
    public long StepInEpoch => _store[_stepInEpoch];

    /// <summary>Best validation score so far, in the trainer's own measure, of which more is better; minus infinity before the first. Flows: mean log-likelihood in nats. Latent-variable models: their bound in nats. Graph autoencoders: mean of AUC and average precision.</summary>
    public double BestScore => Get(_bestBits);

    /// <summary>Epoch of the best validation; 0 before the first.</summary>
    public long BestEpoch => _store[_bestEpoch];

    internal Slice BestValues { get; private set; }

    internal Slice BestBuffers { get; private set; }

    internal double MeanObjective => Get(_objective) / StepInEpoch;

    internal double MeanReconstruction => Get(_reconstruction) / StepInEpoch;

    /// <summary>Puts the parameters and buffers of the best validation into the model; does nothing before the first.</summary>
    public void RestoreBest()
    {
        if (double.IsNegativeInfinity(BestScore)) return;
        BasicKernels<T>.Copy(_store.Backend, BestValues, _store.Values);
        BasicKernels<T>.Copy(_store.Backend, BestBuffers, _store.BufferValues);
    }

    /// <summary>Gives memory back.</summary>
    public void Dispose()
    {
        if (BestValues.IsNone) return;
        _store.Backend.Release(BestValues);
        _store.Backend.Release(BestBuffers);
        BestValues = BestBuffers = Slice.None;
    }

    internal void Count(double objective, double reconstruction)
    {
        CountStep();
        Add(objective, reconstruction);
    }

    internal void CountStep() => _store[_stepInEpoch]++;

    internal void Add(double objective, double reconstruction)
    {
        Set(_objective, Get(_objective) + objective);
        Set(_reconstruction, Get(_reconstruction) + reconstruction);
    }

    internal void EndEpoch()
    {
        _store[_epoch]++;
        _store[_stepInEpoch] = 0;
        _store[_objective] = _store[_reconstruction] = 0;
    }

    /// <summary>Keeps the model as it stands as the best so far if its validation score (see <see cref="BestScore"/>) is; says whether it was. <see cref="FlowTrainer{T}.RunEpoch"/> does it by itself.</summary>
    public bool Offer(double score)
    {
        if (score <= BestScore) return false;
        Set(_bestBits, score);
        _store[_bestEpoch] = Epoch;
        BasicKernels<T>.Copy(_store.Backend, _store.Values, BestValues);
        BasicKernels<T>.Copy(_store.Backend, _store.BufferValues, BestBuffers);
        return true;
    }

    private double Get(int counter) => BitConverter.Int64BitsToDouble(_store[counter]);

    private void Set(int counter, double value) => _store[counter] = BitConverter.DoubleToInt64Bits(value);
}
