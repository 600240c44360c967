using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A conditioner that knows a bound of its Lipschitz constant.</summary>
public interface ILipschitzNetwork<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Bounds of the evaluated network, in exact arithmetic. Host work: a singular value decomposition a weight.</summary>
    /// <param name="store">Where the parameters live.</param>
    /// <param name="inputBound">Largest |input|; infinite for all of space.</param>
    NetworkBounds Bounds(ParameterStore<T> store, double inputBound);
}
