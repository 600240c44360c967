using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// A cached inverse that follows W by Newton-Schulz steps R := R (2I - W R): matrix products only, 4 D^3 flops a refresh. The step
/// converges while |I - W R| &lt; 1; where that fails, R is computed anew by LU.
/// </summary>
/// <remarks>On an asynchronous backend the host looks at the residual at every 50th refresh only; in between, R stays as it is where a step would not converge.</remarks>
public sealed class NewtonSchulz<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // On a backend that nobody should wait for, steps from one look at the residual to the next.
    private const int LookEvery = 50;

    /// <summary>Creates the strategy; one Newton-Schulz step is made every <paramref name="every"/> training steps.</summary>
    public NewtonSchulz(int every = 1)
    {
        if (every < 1) throw new ArgumentOutOfRangeException(nameof(every), $"A Newton-Schulz step must come every 1 or more steps, not every {every}.");
        Every = every;
    }

    /// <summary>Training steps from one Newton-Schulz step to the next.</summary>
    public int Every { get; }

    /// <inheritdoc/>
    public string Name => "newton-schulz";

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
            if (store[site.AgeCounter] == 0 && !Improve(tape, site, look: !tape.Backend.IsAsynchronous || c.Step / Every % LookEvery == 0)) CachedInverse.Refresh(store, site);
            store[site.AgeCounter] = (store[site.AgeCounter] + 1) % Every;
        }
        (Var z, Var slot) = CachedInverseLinearOp<T>.Record(tape, x, site.Weight, site.InverseWeight, site.Bias);
        return new FlowStep(z, slot, Value, Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("every", Every);

    // R := R (2I - W R) = R + R (I - W R); R is untouched where the residual says that it would not converge. False then, if it was looked at.
    private static bool Improve(Tape<T> tape, in JacobianSite site, bool look)
    {
        ParameterStore<T> store = tape.Store!;
        IBackend<T> backend = store.Backend;
        int d = site.Dimension;
        Slice w = store.ValueOf(site.Weight), r = store.ValueOf(site.InverseWeight);
        (int, int) borrowed = tape.Workspace.Mark;
        Slice residual = tape.Workspace.Take(d * d), correction = tape.Workspace.Take(d * d), norm = tape.Workspace.Take(1);
        CachedInverse.Residual(backend, w, r, residual, d);
        BasicKernels<T>.Fill(backend, norm, 0);
        BasicKernels<T>.SumSquares(backend, residual, norm);
        // The Frobenius norm bounds the spectral one, so this guard is never too trusting; a NaN fails it as well.
        bool converges = true;
        if (look)
        {
            Span<T> squared = stackalloc T[1];
            backend.Read(norm, squared);
            converges = double.CreateTruncating(squared[0]) < 1;
        }
        if (converges)
        {
            backend.Gemm(new GemmArgs(d, d, d, r, residual, correction));
            ScalarKernels<T>.AddWhereBelow(backend, norm, 1, correction, r);
        }
        tape.Workspace.Reset(borrowed);
        return converges;
    }
}
