using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// -R^T for the gradient of -log|det W|, with R the exact inverse of a few steps ago: 2 D^3 / k flops a step. Exact when k = 1. Of a
/// convolution, what is kept is the gradient of log|det| with respect to the kernel, of the kernel's size.
/// </summary>
public sealed class StaleInverse<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates the strategy; the inverse is computed anew every <paramref name="every"/> training steps.</summary>
    public StaleInverse(int every = 10)
    {
        if (every < 1) throw new ArgumentOutOfRangeException(nameof(every), $"The inverse must be refreshed every 1 or more steps, not every {every}.");
        Every = every;
    }

    /// <summary>Training steps from one refresh to the next.</summary>
    public int Every { get; }

    /// <inheritdoc/>
    public string Name => "stale-inverse";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.None;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Biased;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.DenseMatrix | SiteKinds.Convolution | SiteKinds.CircularConvolution;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        if (site.Convolution is not { } shape) return CachedInverse.Attach(store, site);
        // Of the inverse, the kernel's gradient needs only its sums over the places of each tap: those are what is kept.
        return site with
        {
            InverseWeight = store.AddBuffer($"{site.Scope}.log_det_gradient", shape.OutChannels, shape.WeightColumns),
            AgeCounter = store.AddCounter($"{site.Scope}.inverse_age"),
        };
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        ParameterStore<T> store = tape.Store!;
        bool refresh = !c.Provisional && store[site.AgeCounter] == 0;
        if (!c.Provisional) store[site.AgeCounter] = (store[site.AgeCounter] + 1) % Every;
        if (site.Convolution is { } shape) return RecordConvolution(tape, site, x, shape, refresh);
        if (refresh) CachedInverse.Refresh(store, site);
        (Var z, Var slot) = CachedInverseLinearOp<T>.Record(tape, x, site.Weight, site.InverseWeight, site.Bias);
        return new FlowStep(z, slot, Value, Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("every", Every);

    private FlowStep RecordConvolution(Tape<T> tape, in JacobianSite site, Var x, in ConvShape shape, bool refresh)
    {
        if (refresh) ConvolutionMap.WriteLogDetGradient(tape, site.Weight, shape, tape.Store!.ValueOf(site.InverseWeight));
        // <G, w> has the gradient G; less itself, held fixed, it has the value 0.
        Var slot = tape.Sum(tape.Multiply(site.Weight, site.InverseWeight.Detach()));
        return new FlowStep(ConvolutionMap.Map(tape, site, x), tape.Subtract(slot, slot.Detach()), Value, Gradient, Var.None, Var.None);
    }
}
