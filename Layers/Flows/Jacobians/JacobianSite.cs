using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A place in a model whose Jacobian determinant a strategy looks after. The layer fills the first half, the strategy the second.</summary>
/// <param name="Kind">What the site is.</param>
/// <param name="Scope">Dotted path of the layer, for names and messages.</param>
/// <param name="Dimension">Number of features D.</param>
/// <param name="Weight">Matrix W [D x D], z = W x + b on column vectors; of a convolution its kernel [C x C taps].</param>
/// <param name="Bias">Bias b [1 x D], of a convolution [1 x C], or <see cref="Var.None"/>.</param>
public readonly record struct JacobianSite(SiteKinds Kind, string Scope, int Dimension, Var Weight, Var Bias)
{
    /// <summary>Geometry of a convolution; null at any other site.</summary>
    public ConvShape? Convolution { get; init; }

    /// <summary>
    /// Learned inverse R (a parameter) or cached inverse (a buffer) [D x D]; of a convolution a learned inverse kernel, or the cached gradient of
    /// the log-determinant, in the shape of the weight. Set by the strategy that keeps one.
    /// </summary>
    public Var InverseWeight { get; init; } = Var.None;

    /// <summary>Buffer [D x (D + 1)] for LU factors and pivots of a strategy that refreshes a cached inverse.</summary>
    public Var Factors { get; init; } = Var.None;

    /// <summary>Counter of training steps since the cached inverse was refreshed, or -1.</summary>
    public int AgeCounter { get; init; } = -1;

    /// <summary>Buffer [1 x D]: the vector in which the power iteration for the norm of W - I left off.</summary>
    public Var NormVector { get; init; } = Var.None;

    /// <summary>Random stream of this site, so that no two layers share probes.</summary>
    public ulong Stream { get; init; }
}
