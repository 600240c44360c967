using System.Buffers;
using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>log|det A| = tr log(A^T A) / 2, A = I + J, by stochastic Lanczos quadrature: m Lanczos steps from each probe, then Gauss quadrature. Needs no contraction.</summary>
/// <remarks>
/// The value carries no gradient; the gradient is u^T (dJ) e with u = A^-T e from the same Krylov space (Craig's method), the derivative of which is tr(A^-1 dJ) in the mean where u is exact. Both are off by what m steps leave,
/// which falls with the distance of the spectrum of A^T A from 0, and are exact for m = D, or as soon as the Krylov space closes. Cost a probe: m forward and m backward derivatives of the map, one more for the
/// gradient, 4 m^2 D flops a sample on the host. Memory on the tape does not grow with m. Sources: Golub and Welsch 1969; Ubaru, Chen and Saad 2017; Craig 1955.
/// </remarks>
public sealed class SlqLogDet<T> : ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _steps;
    private readonly ProbeSettings _probes;

    /// <summary>Makes the estimator.</summary>
    /// <param name="steps">Lanczos steps m, from 1 to 128; no more than D are taken.</param>
    /// <param name="probes">Probes.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public SlqLogDet(int steps, ProbeSettings probes)
    {
        if (steps is < 1 or > SlqLimits.MostSteps) throw new ArgumentException($"steps is {steps}; it must lie between 1 and {SlqLimits.MostSteps}.");
        probes.Check();
        if (probes.Sketch > 0) throw new ArgumentException($"sketch is {probes.Sketch}; the quadrature takes none.");
        (_steps, _probes) = (steps, probes);
    }

    /// <inheritdoc/>
    public string Name => "slq";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Truncated;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Biased;

    /// <inheritdoc/>
    public bool NeedsContraction => false;

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var output, Var input, ulong key, long step)
    {
        Var sum = Var.None, probes = _probes.DrawAll(tape, input, key, step);
        for (int i = 0; i < _probes.Count; i++)
            sum = _probes.Plus(tape, sum, One(tape, output, input, Probes.Part(probes, input.Rows, i)));
        return _probes.Mean(tape, sum);
    }

    /// <inheritdoc/>
    public void CheckDimension(int dimension) => _probes.CheckDimension(dimension);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("steps", _steps);
        _probes.WriteConfig(json);
    }

    private Var One(Tape<T> tape, Var output, Var input, Var probe)
    {
        int rows = probe.Rows;
        Var solution = tape.Allocate(rows, probe.Cols, needsGrad: false), value = tape.Allocate(rows, 1, needsGrad: false);
        T[] values = ArrayPool<T>.Shared.Rent(rows);
        using (var basis = new LanczosBasis<T>(tape, output, input, probe, _steps))
        {
            for (int r = 0; r < rows; r++) values[r] = T.CreateTruncating(basis.Value(r));
            basis.WriteSolution(tape, solution);
        }
        tape.Backend.Write(values.AsSpan(0, rows), tape.ValueOf(value));
        ArrayPool<T>.Shared.Return(values);
        Var carrier = HutchinsonTrace.OfProduct(tape, tape.Vjp(output, input, solution), probe);
        return tape.Add(value, tape.Subtract(carrier, carrier.Detach()));
    }
}
