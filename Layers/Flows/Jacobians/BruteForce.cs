using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// The oracle: the Jacobian by D recorded vector-Jacobian products, then LU. Exact value and gradient, knowing nothing of the map but
/// its derivative rules; 2 D^3 flops for the products on top of the LU.
/// </summary>
public sealed class BruteForce<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "brute-force";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Exact;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Exact;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.DenseMatrix | SiteKinds.Convolution | SiteKinds.VectorJacobianProduct | SiteKinds.CircularConvolution;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        return site;
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        int d = site.Dimension;
        // D copies of one point, one unit cotangent each: row i of the product is row i of the Jacobian, the same for every sample.
        Var point = tape.Constant(0, d, d);
        Var mapped = BlockNorm.Map(tape, site, point);
        Var jacobian = tape.Vjp(mapped, point, tape.Identity(d));
        return FlowStep.Exact(BlockNorm.Map(tape, site, x), tape.LogAbsDet(jacobian));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) { }
}
