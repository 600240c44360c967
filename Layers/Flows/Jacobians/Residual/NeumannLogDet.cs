using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Only the gradient of the log-determinant, by the Neumann series with Russian roulette (Chen et al. 2019): unbiased, with memory that does not grow with the terms. No value: it holds 0.</summary>
public sealed class NeumannLogDet<T> : ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RussianRoulette _roulette;
    private readonly ProbeSettings _probes;

    /// <summary>Makes the estimator.</summary>
    /// <param name="roulette">Stopping rule.</param>
    /// <param name="probes">Probes.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public NeumannLogDet(RussianRoulette roulette, ProbeSettings probes)
    {
        probes.Check();
        if (probes.Sketch > 0) throw new ArgumentException($"sketch is {probes.Sketch}; the Neumann gradient takes none, roulette and truncated do.");
        (_roulette, _probes) = (roulette, probes);
    }

    /// <inheritdoc/>
    public string Name => "neumann";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.None;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Unbiased;

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var output, Var input, ulong key, long step)
    {
        Span<double> weights = stackalloc double[_roulette.Draw(SeedMix.Of(key, 1), (ulong)step)];
        _roulette.Fill(weights);
        Var all = _probes.DrawAll(tape, input, key, step), sum = Var.None;
        for (int i = 0; i < _probes.Count; i++)
            sum = _probes.Plus(tape, sum, NeumannSeries.Record(tape, output, input, Probes.Part(all, input.Rows, i), weights));
        Var carrier = _probes.Mean(tape, sum);
        // The carrier's value means nothing and must not be taken for a log-determinant.
        return tape.Subtract(carrier, carrier.Detach());
    }

    /// <inheritdoc/>
    public void CheckDimension(int dimension) => _probes.CheckDimension(dimension);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _roulette.WriteConfig(json);
        _probes.WriteConfig(json);
    }
}
