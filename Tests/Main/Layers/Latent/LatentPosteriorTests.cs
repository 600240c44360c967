using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The law of the latent: golden numbers, the normal case, the limit of the mean, refusals.</summary>
public sealed class LatentPosteriorTests
{
    // From the reference notes: mpmath, 40 digits. Densities there are with respect to the Riemannian measure, here to Lebesgue measure in
    // tangent coordinates: (n - 1) L(|w|/R) more.
    [Theory]
    [InlineData(1.0, new[] { 1.0, 0.5 }, new[] { 0.3, -0.4 }, new[] { 0.5, 2.0 }, new[] { 1.3182660202471085, 0.22687178363491474 }, -2.0792019210222636)]
    [InlineData(2.0, new[] { 1.0, 0.5, -2.0 }, new[] { 0.3, -0.4, 1.2 }, new[] { 0.5, 2.0, 1.0 }, new[] { 1.3299476976450414, 0.13577772731474914, -0.92798081581010312 }, -3.8157171053662257)]
    public void The_wrapped_normal_has_its_golden_draw_and_density(double radius, double[] mean, double[] v, double[] sigma, double[] w, double logDensity)
    {
        int n = mean.Length;
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        var posterior = new LatentPosterior<double>(n, new HyperbolicSpace<double>(radius), meanLimit: 1e9);
        posterior.Attach(store, "posterior", 0);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        LatentDraw draw = posterior.Record(tape, tape.Input(mean, 1, n), tape.Input(Raw(sigma), 1, n), tape.Input([.. v.Select((x, i) => x / sigma[i])], 1, n), new StepContext());
        var latent = new double[n];
        tape.Read(draw.Latent, latent);
        for (int i = 0; i < n; i++) Assert.Equal(w[i], latent[i], 1e-13);
        double r = Math.Sqrt(w.Sum(x => x * x)) / radius;
        Assert.Equal(logDensity + (n - 1) * Math.Log(Math.Sinh(r) / r), tape.Scalar(draw.LogPosterior), 1e-13);
        Assert.Equal(-0.5 * n * Math.Log(2 * Math.PI) - 0.5 * w.Sum(x => x * x), tape.Scalar(draw.LogPrior), 1e-13);
    }

    [Fact]
    public void Draws_of_the_divergence_average_to_its_closed_form()
    {
        const int Draws = 20000;
        double[] mean = [0.7, -1.2, 0.1], sigma = [0.4, 1.5, 0.9];
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        var posterior = new LatentPosterior<double>(3);
        posterior.Attach(store, "posterior", 0);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        Var mu = tape.RepeatRows(tape.Input(mean, 1, 3), Draws), raw = tape.RepeatRows(tape.Input(Raw(sigma), 1, 3), Draws);
        Assert.True(posterior.HasAnalyticDivergence);
        double exact = tape.Scalar(posterior.RecordDivergence(tape, mu, raw).Element(0));
        double byHand = Enumerable.Range(0, 3).Sum(i => 0.5 * (sigma[i] * sigma[i] + mean[i] * mean[i] - 1) - Math.Log(sigma[i]));
        Assert.Equal(byHand, exact, 1e-12);
        var values = new double[Draws];
        tape.Read(posterior.Record(tape, mu, raw, 9, 0).Divergence(tape), values);
        (double average, double error) = LatentEvaluation.MeanAndError(values);
        Assert.InRange(average, exact - 4 * error, exact + 4 * error);
        Assert.InRange(error, 0, 0.02);
    }

    [Fact]
    public void A_closed_form_is_refused_where_there_is_none()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var posterior = new LatentPosterior<double>(2, new HyperbolicSpace<double>());
        Var zero = tape.Constant(0, 1, 2);
        Assert.False(posterior.HasAnalyticDivergence);
        Assert.Throws<InvalidOperationException>(() => posterior.RecordDivergence(tape, zero, zero));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(11)]
    public void Means_stay_within_the_limit_and_near_ones_where_they_are(double radius)
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        var posterior = new LatentPosterior<double>(2, new HyperbolicSpace<double>(radius));
        posterior.Attach(store, "posterior", 0);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        double[] lengths = [0, 1e-8, 1, 4, 16, 1000, 1e6];
        double[] mean = [.. lengths.SelectMany(l => (double[])[0.6 * l * radius, -0.8 * l * radius])];
        Var mu = tape.Input(mean, lengths.Length, 2, needsGrad: true), none = tape.Constant(0, lengths.Length, 2);
        LatentDraw draw = posterior.Record(tape, mu, none, none, new StepContext());
        var w = new double[mean.Length];
        tape.Read(draw.Latent, w);
        for (int i = 0; i < lengths.Length; i++)
        {
            double length = Math.Sqrt(w[2 * i] * w[2 * i] + w[2 * i + 1] * w[2 * i + 1]) / radius;
            Assert.Equal(lengths[i] * Math.Pow(1 + Math.Pow(lengths[i] / 16, 4), -0.25), length, 1e-9);
            // Up to rounding: far means lie on the limit.
            Assert.InRange(length, 0, 16 + 1e-13);
            Assert.Equal(-4.0 / 3, lengths[i] == 0 ? -4.0 / 3 : w[2 * i + 1] / w[2 * i], 1e-9);
        }
        Assert.Equal(lengths[3], Math.Sqrt(w[6] * w[6] + w[7] * w[7]) / radius, 1e-3 * lengths[3]);
        tape.Backward(tape.Sum(tape.Add(draw.LogPosterior, draw.LogPrior)));
        var gradient = new double[mean.Length];
        tape.ReadGrad(mu, gradient);
        Assert.All(gradient, g => Assert.True(double.IsFinite(g)));
    }

    [Fact]
    public void Noise_depends_on_key_and_stream_alone()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var posterior = new LatentPosterior<double>(2);
        Var zero = tape.Constant(0, 3, 2);
        double[] one = Read(posterior.Record(tape, zero, zero, 1, 4).Latent), again = Read(posterior.Record(tape, zero, zero, 1, 4).Latent), other = Read(posterior.Record(tape, zero, zero, 1, 5).Latent);
        Assert.Equal(one, again);
        Assert.All(one.Zip(other), p => Assert.NotEqual(p.First, p.Second));

        double[] Read(Var v)
        {
            var values = new double[v.Length];
            tape.Read(v, values);
            return values;
        }
    }

    [Fact]
    public void Shapes_and_layers_that_do_not_fit_are_refused()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Assert.Throws<ArgumentException>(() => new LatentPosterior<double>(0));
        Assert.Throws<ArgumentException>(() => new LatentPosterior<double>(2, null, [new ActNorm<double>(3)]));
        Assert.Throws<ArgumentException>(() => new LatentPosterior<double>(2, null, null, meanLimit: 0));
        var posterior = new LatentPosterior<double>(2);
        Assert.Throws<ArgumentException>(() => posterior.Record(tape, tape.Constant(0, 4, 3), tape.Constant(0, 4, 3), 0, 0));
        Assert.Throws<ArgumentException>(() => posterior.Record(tape, tape.Constant(0, 4, 2), tape.Constant(0, 3, 2), 0, 0));
    }

    // softplus^-1(sigma - 1e-5).
    private static double[] Raw(double[] sigma) => [.. sigma.Select(s => Math.Log(Math.Exp(s - LatentPosterior<double>.LeastScale) - 1))];
}
