namespace NativeFlow.Layers;

/// <summary>What a decoder's output means.</summary>
public enum DecoderLikelihoodKind
{
    /// <summary><c>gaussian</c>: means of normals with one fixed variance.</summary>
    Gaussian,

    /// <summary><c>bernoulli</c>: logits.</summary>
    Bernoulli,
}
