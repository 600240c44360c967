namespace NativeFlow.Layers;

/// <summary>Which way an <see cref="Autoregressive{T}"/> layer is one pass.</summary>
public enum AutoregressiveDirection
{
    /// <summary>Forward: z_j = h(x_j; net_j(x before j)). Densities are fast, samples take a pass a feature.</summary>
    Maf,

    /// <summary>Inverse, the mirror image: x_j = h(z_j; net_j(z before j)). Samples are fast, densities of given data take a pass a feature.</summary>
    Iaf,
}
