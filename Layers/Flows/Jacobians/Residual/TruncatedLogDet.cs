using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The first n terms of the power series, each trace by probes (Behrmann et al. 2019). Biased: off by at most D sum over k above n of c^k / k.</summary>
public sealed class TruncatedLogDet<T> : ILogDetEstimator<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _terms;
    private readonly ProbeSettings _probes;

    /// <summary>Makes the estimator.</summary>
    /// <param name="terms">Terms n, from 1 to <see cref="RussianRoulette.MostTerms"/>.</param>
    /// <param name="probes">Probes.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public TruncatedLogDet(int terms, ProbeSettings probes)
    {
        if (terms is < 1 or > RussianRoulette.MostTerms) throw new ArgumentException($"terms is {terms}; it must lie between 1 and {RussianRoulette.MostTerms}.");
        probes.Check();
        (_terms, _probes) = (terms, probes);
    }

    /// <inheritdoc/>
    public string Name => "truncated";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Truncated;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Biased;

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var output, Var input, ulong key, long step)
    {
        Span<double> weights = stackalloc double[_terms];
        weights.Fill(1);
        return PowerSeries.Record(tape, output, input, _probes, weights, key, step);
    }

    /// <inheritdoc/>
    public void CheckDimension(int dimension) => _probes.CheckDimension(dimension);

    /// <inheritdoc/>
    public EstimatorMoments Moments(ReadOnlySpan<double> jacobian, int dimension) => SeriesMoments.Truncated(jacobian, dimension, _terms, _probes);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("terms", _terms);
        _probes.WriteConfig(json);
    }
}
