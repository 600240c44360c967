using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A bijector whose start values come from the first batch (ActNorm).</summary>
public interface IDataDependent<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Whether it has seen its batch; kept in a counter of the store, so that a loaded model is not initialised again.</summary>
    bool IsInitialized(ParameterStore<T> store);

    /// <summary>Sets the parameters from the layer's input <paramref name="x"/> [batch x features], row-major.</summary>
    void Initialize(ParameterStore<T> store, ReadOnlySpan<T> x, int rows);
}
