using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Any estimator of log|det(I + J)| on a matrix or a convolution: the map is read as x + g(x) with g(x) = (W - I) x, and the log-determinant,
/// which all samples share, is the mean over rows of probes.
/// </summary>
/// <remarks>
/// Rows are as many as the batch has unless told otherwise: each costs an estimate as a sample of a residual block does, 2 D^2 flops a product with W
/// and again for the gradient, and the variance falls with their number. An estimator that needs a contraction gets the norm of W - I measured at every
/// step (<see cref="PowerSteps"/> warm steps of the power iteration on one row, 4 D^2 flops each) and training stops when it is above the bound.
/// </remarks>
public sealed class BlockEstimate<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Steps of the power iteration a training step; it goes on where the last training step left it.</summary>
    public const int PowerSteps = 4;

    /// <summary>Bound on the norm of W - I unless told otherwise.</summary>
    public const double DefaultLipschitz = 0.9;

    /// <summary>Makes the strategy.</summary>
    /// <param name="estimator">What estimates log|det(I + J)|.</param>
    /// <param name="lipschitz">Largest norm of W - I at which an estimator that needs a contraction goes on.</param>
    /// <param name="rows">Rows of probes; -1 for as many as the batch has.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public BlockEstimate(ILogDetEstimator<T> estimator, double lipschitz = DefaultLipschitz, int rows = -1)
    {
        if (!(lipschitz > 0 && lipschitz < 1)) throw new ArgumentException($"lipschitz is {lipschitz}; it must lie between 0 and 1.");
        if (rows is 0 or < -1) throw new ArgumentException($"rows is {rows}; it must be at least 1, or -1 for the batch size.");
        (Estimator, Lipschitz, Rows) = (estimator, lipschitz, rows);
    }

    /// <summary>What estimates log|det(I + J)|.</summary>
    public ILogDetEstimator<T> Estimator { get; }

    /// <summary>Largest norm of W - I at which an estimator that needs a contraction goes on.</summary>
    public double Lipschitz { get; }

    /// <summary>Rows of probes; -1: as many as the batch has.</summary>
    public int Rows { get; }

    /// <inheritdoc/>
    public string Name => Estimator.Name;

    /// <inheritdoc/>
    public ValueKind Value => Estimator.Value;

    /// <inheritdoc/>
    public GradientKind Gradient => Estimator.Gradient;

    /// <inheritdoc/>
    public SiteKinds Supports => Estimator.NeedsWaist
        ? SiteKinds.VectorJacobianProduct
        : SiteKinds.DenseMatrix | SiteKinds.Convolution | SiteKinds.CircularConvolution | SiteKinds.VectorJacobianProduct;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        Estimator.CheckDimension(site.Dimension);
        if (!Estimator.NeedsContraction) return site;
        var start = new double[site.Dimension];
        RandomFill.Gaussian<double>(site.Stream, 2, 0, start);
        return site with { NormVector = store.AddBuffer($"{site.Scope}.norm_vector", 1, site.Dimension, start) };
    }

    /// <inheritdoc/>
    /// <exception cref="NotContractionException">The estimator needs a contraction and the norm of W - I is above <see cref="Lipschitz"/>.</exception>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        if (Estimator.NeedsContraction) BlockNorm.Require(tape, site, Name, Lipschitz, keep: !c.Provisional);
        // The map is affine: its Jacobian is the same everywhere, and the rows are told apart by their probes alone.
        Var point = tape.Constant(0, Rows < 0 ? x.Rows : Rows, site.Dimension), block = BlockNorm.Block(tape, site, point);
        Var estimate = tape.Mean(Estimator.Record(tape, block, point, SeedMix.Of(c.Key, site.Stream), c.Step));
        return new FlowStep(BlockNorm.Map(tape, site, x), estimate, Value, Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        Estimator.WriteConfig(json);
        json.WriteNumber("rows", Rows);
        if (Estimator.NeedsContraction) json.WriteNumber("lipschitz", Lipschitz);
    }
}
