namespace NativeFlow.Layers;

/// <summary>Where a Jacobian strategy can work.</summary>
[Flags]
public enum SiteKinds
{
    /// <summary>A square matrix applied to every sample.</summary>
    DenseMatrix = 1,

    /// <summary>A convolution with stride 1 and zero padding.</summary>
    Convolution = 2,

    /// <summary>Any differentiable block with recorded vector-Jacobian products.</summary>
    VectorJacobianProduct = 4,

    /// <summary>A convolution with stride 1 and circular padding.</summary>
    CircularConvolution = 8,
}
