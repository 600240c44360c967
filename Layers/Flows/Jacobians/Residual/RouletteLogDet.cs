using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The power series with a random number of terms and weights that make its mean the whole series (Chen et al. 2019). Unbiased, value and gradient.</summary>
/// <remarks>One number of terms for the batch and all probes, drawn anew at every step.</remarks>
public sealed class RouletteLogDet<T> : ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RussianRoulette _roulette;
    private readonly ProbeSettings _probes;

    /// <summary>Makes the estimator.</summary>
    /// <param name="roulette">Stopping rule; at least one exact term, lest a draw of none leave no estimate.</param>
    /// <param name="probes">Probes.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RouletteLogDet(RussianRoulette roulette, ProbeSettings probes)
    {
        if (roulette.Exact < 1) throw new ArgumentException($"exact_terms is {roulette.Exact}; it must be at least 1.");
        probes.Check();
        (_roulette, _probes) = (roulette, probes);
    }

    /// <inheritdoc/>
    public string Name => "roulette";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Unbiased;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Unbiased;

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var output, Var input, ulong key, long step)
    {
        Span<double> weights = stackalloc double[_roulette.Draw(SeedMix.Of(key, 1), (ulong)step)];
        _roulette.Fill(weights);
        return PowerSeries.Record(tape, output, input, _probes, weights, key, step);
    }

    /// <inheritdoc/>
    public void CheckDimension(int dimension) => _probes.CheckDimension(dimension);

    /// <inheritdoc/>
    /// <remarks>The variance is finite where the spectral radius of J, squared, is below 1 - p; with a Poisson number of terms only where J is nilpotent.</remarks>
    public EstimatorMoments Moments(ReadOnlySpan<double> jacobian, int dimension) => SeriesMoments.Roulette(jacobian, dimension, _roulette, _probes);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _roulette.WriteConfig(json);
        _probes.WriteConfig(json);
    }
}
