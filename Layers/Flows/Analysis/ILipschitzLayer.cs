using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A layer that knows bounds of its own Jacobian and of its inverse's, from its parameters as they are.</summary>
public interface ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Bounds of the evaluated map, in exact arithmetic. Host work; a singular value decomposition where there is a matrix.</summary>
    /// <param name="store">Where the parameters live.</param>
    /// <param name="inputBound">Largest |x_i| of the inputs for which they shall hold; infinite for all of space.</param>
    LipschitzBounds Bounds(ParameterStore<T> store, double inputBound);
}
