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
        Var sum = Var.None;
        for (int i = 0; i < _probes.Count; i++)
            sum = _probes.Plus(tape, sum, PowerSeries.Record(tape, output, input, _probes.Draw(tape, input, key, step, i), weights));
        return _probes.Mean(tape, sum);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("terms", _terms);
        _probes.WriteConfig(json);
    }
}
