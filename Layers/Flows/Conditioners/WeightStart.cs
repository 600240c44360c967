namespace NativeFlow.Layers;

/// <summary>How a network's weights and biases start.</summary>
public enum WeightStart
{
    /// <summary>Weights normal with variance 1/in, the last layer's a hundredth of that deviation; biases 0 or as the transformer says: a flow starts near the identity.</summary>
    NearOutputStart,

    /// <summary>Weights and biases uniform in (-1, 1)/sqrt(in) in every layer: for encoders and decoders, which have no place to start from.</summary>
    UniformFanIn,
}
