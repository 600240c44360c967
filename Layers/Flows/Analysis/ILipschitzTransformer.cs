using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A transformer that knows bounds of its slopes.</summary>
public interface ILipschitzTransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Bounds where its raw parameters come from a network with known bounds.</summary>
    /// <param name="store">Where parameters of its own live.</param>
    /// <param name="network">What is known of the network.</param>
    /// <param name="inputBound">Largest |x| of the features that it moves; infinite for all of space.</param>
    /// <param name="features">How many they are.</param>
    TransformerBounds Bounds(ParameterStore<T> store, in NetworkBounds network, double inputBound, int features);
}
