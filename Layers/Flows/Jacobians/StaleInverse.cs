using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>-R^T for the gradient of -log|det W|, with R the exact inverse of a few steps ago: 2 D^3 / k flops a step. Exact when k = 1.</summary>
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
    public SiteKinds Supports => SiteKinds.DenseMatrix;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        return CachedInverse.Attach(store, site);
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        ParameterStore<T> store = tape.Store!;
        if (!c.Provisional)
        {
            if (store[site.AgeCounter] == 0) CachedInverse.Refresh(store, site);
            store[site.AgeCounter] = (store[site.AgeCounter] + 1) % Every;
        }
        (Var z, Var slot) = CachedInverseLinearOp<T>.Record(tape, x, site.Weight, site.InverseWeight, site.Bias);
        return new FlowStep(z, slot, Value, Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("every", Every);
}
