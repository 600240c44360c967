using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Estimators of a residual block's log-determinant as strategies of matrices and convolutions: means over many steps against the exact value and gradient.</summary>
public sealed class BlockEstimateTests : IDisposable
{
    private const int D = 6, Rows = 64;

    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    public static TheoryData<string> Estimators => [.. JacobianRegistry.NamesFor(SiteKinds.DenseMatrix).Where(n => JacobianRegistry.Create<double>(n) is BlockEstimate<double>)];

    [Theory]
    [MemberData(nameof(Estimators))]
    public void Every_estimator_as_it_comes_is_exact_in_the_mean(string name)
    {
        // W - I of norm 0.3: what ten terms leave is below 1e-6.
        foreach (SiteKinds kind in (SiteKinds[])[SiteKinds.DenseMatrix, SiteKinds.Convolution, SiteKinds.CircularConvolution])
        {
            Site site = new(kind, scale: 0.3);
            Sample exact = site.Run(new BruteForce<double>(), 0, _backend);
            Statistics sample = site.Many(JacobianRegistry.Create<double>(name), 200, _backend);
            for (int i = 0; i < exact.Gradient.Length; i++) sample.Require(i + 1, exact.Gradient[i], $"{kind} gradient {i}", 1e-5);
            if (JacobianRegistry.Create<double>(name).Value != ValueKind.None) sample.Require(0, exact.Value, $"{kind} value", 1e-5);
        }
    }

    [Theory]
    [InlineData("""{"name":"roulette","stop":0.4,"lipschitz":0.7}""")]
    [InlineData("""{"name":"roulette","stop":0.4,"lipschitz":0.7,"probe":"gaussian","rows":16}""")]
    [InlineData("""{"name":"neumann","stop":0.4,"lipschitz":0.7}""")]
    [InlineData("""{"name":"truncated","terms":40}""")]
    [InlineData("""{"name":"truncated","terms":40,"probes":2,"rows":3}""")]
    [InlineData("""{"name":"slq","steps":6}""")]
    [InlineData("""{"name":"slq","steps":6,"probe":"gaussian","rows":16}""")]
    [InlineData("""{"name":"slq","steps":6,"probe":"orthonormal","probes":3,"rows":8}""")]
    public void The_mean_is_exact(string config)
    {
        foreach (SiteKinds kind in (SiteKinds[])[SiteKinds.DenseMatrix, SiteKinds.Convolution, SiteKinds.CircularConvolution])
        {
            Site site = new(kind);
            IJacobianStrategy<double> strategy = Of(config);
            Sample exact = site.Run(new BruteForce<double>(), 0, _backend);
            Statistics sample = site.Many(strategy, 300, _backend);
            if (strategy.Value == ValueKind.None) Assert.Equal(0, sample.Mean[0], 1e-14);
            else sample.Require(0, exact.Value, $"{kind} value");
            for (int i = 0; i < exact.Gradient.Length; i++) sample.Require(i + 1, exact.Gradient[i], $"{kind} gradient {i}");
            Assert.True(sample.Error.Skip(1).Max() < 0.05 * exact.Gradient.Max(Math.Abs), "the noise must be small enough for the comparison to mean something");
        }
    }

    [Fact]
    public void A_series_cut_short_is_off_by_its_remainder()
    {
        Site site = new(SiteKinds.DenseMatrix, scale: 0.85);
        Sample exact = site.Run(new BruteForce<double>(), 0, _backend);
        Statistics sample = site.Many(Of("""{"name":"truncated","terms":2,"probes":4}"""), 300, _backend);
        double[] j = Dense.Add(site.Weight, Dense.Identity(D), -1), square = Dense.Multiply(j, j, D, D, D);
        double two = 0, bound = 0;
        for (int i = 0; i < D; i++) two += j[(i * D) + i] - (square[(i * D) + i] / 2);
        for (int k = 3; k < 400; k++) bound += D * Math.Pow(site.Norm, k) / k;
        sample.Require(0, two, "two terms");
        Assert.InRange(Math.Abs(two - exact.Value), 6 * sample.Error[0], bound);
        // The gradient of the two terms: (I - J)^T.
        double[] gradient = Dense.Transpose(Dense.Add(Dense.Identity(D), j, -1), D, D);
        for (int i = 0; i < gradient.Length; i++) sample.Require(i + 1, gradient[i], $"gradient {i}");
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("roulette")]
    [InlineData("neumann")]
    public void An_expanding_matrix_is_refused(string name)
    {
        Site site = new(SiteKinds.DenseMatrix, scale: 1.5);
        NotContractionException e = Assert.Throws<NotContractionException>(() => site.Run(JacobianRegistry.Create<double>(name), 40, _backend));
        Assert.Contains("'site'", e.Message, StringComparison.Ordinal);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Contains("lipschitz = 0.9", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        // The same matrix is no matter where the bound lies above its norm.
        Assert.True(double.IsFinite(new Site(SiteKinds.DenseMatrix, scale: 0.89).Run(JacobianRegistry.Create<double>(name), 40, _backend).Gradient[0]));
    }

    [Fact]
    public void The_norm_is_measured_from_below_and_found()
    {
        foreach (SiteKinds kind in (SiteKinds[])[SiteKinds.DenseMatrix, SiteKinds.Convolution, SiteKinds.CircularConvolution])
        {
            Site site = new(kind, scale: 0.8);
            (JacobianSite attached, ParameterStore<double> store) = site.Attach(Of("""{"name":"truncated"}"""), _backend);
            using ParameterStore<double> owned = store;
            using var tape = new Tape<double>(_backend, store);
            double first = BlockNorm.Measure<double>(tape, attached, 1, keep: false), again = BlockNorm.Measure<double>(tape, attached, 1, keep: false);
            Assert.Equal(first, again);
            Assert.InRange(first, 0.1, 0.8 + 1e-12);
            double last = 0;
            for (int i = 0; i < 100; i++) last = BlockNorm.Measure<double>(tape, attached, BlockEstimate<double>.PowerSteps, keep: true);
            Assert.Equal(0.8, last, 1e-9);
            Assert.Equal(0, tape.Count);
        }
    }

    [Fact]
    public void More_rows_take_the_variance_down()
    {
        Site site = new(SiteKinds.DenseMatrix);
        double few = site.Many(Of("""{"name":"truncated","terms":10,"rows":4}"""), 300, _backend).Error[0], many = site.Many(Of("""{"name":"truncated","terms":10,"rows":64}"""), 300, _backend).Error[0];
        Assert.InRange(few / many, 3.2, 4.8);
    }

    [Theory]
    [InlineData("""{"name":"truncated","rows":0}""", "rows is 0")]
    [InlineData("""{"name":"truncated","lipschitz":1}""", "lipschitz is 1")]
    [InlineData("""{"name":"roulette","stop":0.5}""", "infinite variance")]
    [InlineData("""{"name":"roulette","weight":1}""", "weight")]
    [InlineData("""{"name":"truncated","terms":0}""", "terms")]
    public void Bad_options_are_refused(string config, string expected)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Of(config));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("slq")]
    [InlineData("truncated")]
    public void More_orthonormal_probes_than_features_are_refused(string name)
    {
        var layer = new Linear<double>(3, Of($$"""{"name":"{{name}}","probe":"orthonormal","probes":4}"""));
        ArgumentException e = Assert.Throws<ArgumentException>(() => new Flow<double>([layer], new StandardNormal<double>(3)));
        Assert.Contains("at most 3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_survive_a_recipe()
    {
        const string Layer = """{"kind":"linear","dimension":3,"strategy":{"name":"roulette","stop":0.3,"exact_terms":4,"probes":2,"rows":7,"lipschitz":0.8}}""";
        Linear<double> one = Linear<double>.FromConfig(JsonDocument.Parse(Layer).RootElement);
        Assert.Equal(Layer.Replace(" ", "", StringComparison.Ordinal), Written(one).Replace(",\"probe\":\"rademacher\"", "", StringComparison.Ordinal));
        Assert.Equal(Written(one), Written(Linear<double>.FromConfig(JsonDocument.Parse(Written(one)).RootElement)));
    }

    internal static IJacobianStrategy<double> Of(string config) => JacobianRegistry.FromConfig<double>(JsonDocument.Parse(config).RootElement);

    private static string Written(IBijector<double> layer)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            json.WriteString("kind", layer.Kind);
            layer.WriteConfig(json);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(memory.ToArray());
    }

    internal readonly record struct Sample(double Value, double[] Gradient);

    internal sealed record Statistics(double[] Mean, double[] Error)
    {
        public void Require(int i, double exact, string what, double remainder = 1e-12)
            => Assert.True(Math.Abs(Mean[i] - exact) <= (4 * Error[i]) + remainder, $"{what}: {Mean[i]} +- {Error[i]}, exact {exact}");
    }

    /// <summary>A matrix or a 3 x 3 convolution of 6 features whose W - I has a given norm.</summary>
    internal sealed class Site
    {
        private readonly ConvShape? _shape;
        private readonly SiteKinds _kind;

        public Site(SiteKinds kind, double scale = 0.6)
        {
            _kind = kind;
            Norm = scale;
            if (kind != SiteKinds.DenseMatrix) _shape = ConvShape.Same(1, 1, 2, 3, 3, kind == SiteKinds.CircularConvolution);
            double[] g = Dense.Random(7, _shape is null ? D : 1, _shape is null ? D : 9, 1);
            double norm = NormOf(g);
            Weight = Dense.Scale(g, scale / norm);
            if (_shape is null) Weight = Dense.Add(Weight, Dense.Identity(D));
            else Weight[4] += 1;
        }

        public double[] Weight { get; }

        public double Norm { get; }

        public (JacobianSite Site, ParameterStore<double> Store) Attach(IJacobianStrategy<double> strategy, IBackend<double> backend)
        {
            var store = new ParameterStore<double>(backend);
            Var weight = store.AddParameter("weight", _shape is null ? D : 1, Weight.Length / (_shape is null ? D : 1), Weight);
            JacobianSite site = strategy.Attach(store, new JacobianSite(_kind, "site", D, weight, Var.None) { Stream = 5, Convolution = _shape }, Weight);
            store.Build();
            return (site, store);
        }

        public Sample Run(IJacobianStrategy<double> strategy, int steps, IBackend<double> backend)
        {
            Sample last = default;
            foreach (Sample sample in Steps(strategy, steps + 1, backend)) last = sample;
            return last;
        }

        public Statistics Many(IJacobianStrategy<double> strategy, int steps, IBackend<double> backend)
        {
            double[]? sum = null, squares = null;
            foreach (Sample sample in Steps(strategy, steps, backend))
            {
                double[] all = [sample.Value, .. sample.Gradient];
                sum ??= new double[all.Length];
                squares ??= new double[all.Length];
                for (int i = 0; i < all.Length; i++)
                {
                    sum[i] += all[i] / steps;
                    squares[i] += all[i] * all[i] / steps;
                }
            }
            return new Statistics(sum!, [.. sum!.Select((m, i) => Math.Sqrt(Math.Max(0, squares![i] - (m * m)) / (steps - 1)))]);
        }

        private IEnumerable<Sample> Steps(IJacobianStrategy<double> strategy, int steps, IBackend<double> backend)
        {
            (JacobianSite site, ParameterStore<double> store) = Attach(strategy, backend);
            using ParameterStore<double> owned = store;
            using var tape = new Tape<double>(backend, store);
            for (int i = 0; i < steps; i++)
            {
                tape.Reset();
                Var x = tape.Input(Dense.Random(3, Rows, D, 1), Rows, D);
                Var logDet = strategy.Record(tape, site, x, new StepContext { Mode = FlowMode.Train, Key = 11, Step = i }).LogAbsDet;
                tape.Backward(logDet);
                yield return new Sample(tape.Scalar(logDet), store.ReadGradient(site.Weight));
            }
        }

        // By the dense matrix: power iteration to the end.
        private double NormOf(double[] g)
        {
            double[] matrix = g;
            if (_shape is { } shape)
            {
                using var backend = new SimdBackend<double>(1);
                using var tape = new Tape<double>(backend);
                matrix = new double[D * D];
                tape.Read(tape.ConvMatrix(tape.Input(g, 1, 9), shape), matrix);
            }
            double[] u = Dense.Random(1, 1, D), v = new double[D];
            return PowerIteration.Run<double>(matrix, D, D, u, v, 20_000, 1e-14);
        }
    }
}
