namespace NativeFlow.Layers;

/// <summary>Which posterior a <see cref="LatentModel{T}"/> has.</summary>
public enum LatentModelKind
{
    /// <summary><c>vae</c>: a normal.</summary>
    Vae,

    /// <summary><c>vae-nc</c>: a normal, then affine couplings (RealNVP).</summary>
    VaeNc,

    /// <summary><c>hvae</c>: a wrapped normal on the hyperboloid.</summary>
    Hvae,

    /// <summary><c>hvae-tc</c>: a wrapped normal, then tangent couplings.</summary>
    HvaeTc,

    /// <summary><c>hvae-whc</c>: a wrapped normal, then wrapped hyperboloid couplings.</summary>
    HvaeWhc,
}
