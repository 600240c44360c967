using System.Numerics;
using System.Text.Json;

namespace NativeFlow.Engine;

/// <summary>Turns gradients into new parameter values. Its state lies in the store, so that a checkpoint of the store is a checkpoint of the optimiser.</summary>
/// <remarks>Life: <see cref="Attach"/>, the store's <c>Build</c>, <see cref="Prepare"/> (only needed before reading a checkpoint), then <see cref="Step"/>.</remarks>
public interface IOptimizer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name in recipes, such as <c>adam</c>.</summary>
    string Name { get; }

    /// <summary>Planes that it keeps in the store besides values and gradients.</summary>
    int SlotCount { get; }

    /// <summary>Adds the step counter to a store that is not built yet.</summary>
    /// <exception cref="ArgumentException">The store has an optimiser already.</exception>
    void Attach(ParameterStore<T> store);

    /// <summary>Makes the slot planes of a built store, so that a checkpoint can be read into them. The first step does it otherwise.</summary>
    void Prepare(ParameterStore<T> store);

    /// <summary>Number of steps that the store has behind it.</summary>
    long StepsTaken(ParameterStore<T> store);

    /// <summary>One step: a single pass over each group's stretch of the planes. Gradients are read and kept. Allocates nothing after the first.</summary>
    /// <param name="store">Where values, gradients and slots are.</param>
    /// <param name="learningRate">Rate of this step; each group's factor comes on top.</param>
    /// <exception cref="InvalidOperationException">The store is not built, or <see cref="Attach"/> was not called.</exception>
    void Step(ParameterStore<T> store, double learningRate);

    /// <summary>Writes <c>{"name": ..., options}</c>, from which <see cref="OptimizerFactory"/> makes an equal optimiser.</summary>
    void WriteConfig(Utf8JsonWriter writer);
}
