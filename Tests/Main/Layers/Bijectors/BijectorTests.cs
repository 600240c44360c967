using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What is particular to one bijector: bad recipes, start values, domains, orders.</summary>
public sealed class BijectorTests
{
    [Theory]
    [InlineData("actnorm", """{"channels":3,"pixel":2}""", "pixel")]
    [InlineData("actnorm", """{"channels":0}""", "channels")]
    [InlineData("actnorm", """{"channels":2.5}""", "channels")]
    [InlineData("actnorm", """{}""", "channels")]
    [InlineData("actnorm", """{"channels":2,"center_first":1}""", "center_first")]
    [InlineData("actnorm", """{"channels":2,"channels":3}""", "channels")]
    [InlineData("actnorm", """{"channels":100000,"pixels":100000}""", "pixels")]
    [InlineData("affine", """{"scale":[1,0],"shift":[0,0]}""", "scale[1]")]
    [InlineData("affine", """{"scale":[1,2],"shift":[0]}""", "shift")]
    [InlineData("affine", """{"scale":[],"shift":[]}""", "scale")]
    [InlineData("affine", """{"scale":[1,"2"],"shift":[0,0]}""", "scale")]
    [InlineData("affine", """{"scale":[1,1e999],"shift":[0,0]}""", "scale")]
    [InlineData("affine", """{"scale":[1]}""", "shift")]
    [InlineData("leaky-relu", """{"dimension":3,"slope":0}""", "slope")]
    [InlineData("leaky-relu", """{"dimension":3,"slope":-0.5}""", "slope")]
    [InlineData("leaky-relu", """{"dimension":"3"}""", "dimension")]
    [InlineData("leaky-relu", """{"dimension":3,"alpha":0.3}""", "alpha")]
    [InlineData("smooth-leaky-relu", """{"dimension":3,"alpha":0}""", "alpha")]
    [InlineData("smooth-leaky-relu", """{"dimension":3,"alpha":1.5}""", "alpha")]
    [InlineData("logit", """{"dimension":3,"alpha":0.5}""", "alpha")]
    [InlineData("logit", """{"dimension":3,"low":1,"high":1}""", "low")]
    [InlineData("logit", """{"dimension":3,"temperature":0}""", "temperature")]
    [InlineData("logit", """{"dimension":3,"clip":0.6}""", "clip")]
    [InlineData("logit", """{"dimension":3,"clip":0.1,"alpha":0.1}""", "clip")]
    [InlineData("permutation", """{"order":[0,2]}""", "order")]
    [InlineData("permutation", """{"order":[0,0]}""", "order")]
    [InlineData("permutation", """{"order":[0,0.5]}""", "order")]
    [InlineData("permutation", """{"order":[1,0],"channels":2}""", "channels")]
    [InlineData("permutation", """{"channels":4,"arrange":"sorted"}""", "arrange")]
    [InlineData("permutation", """{"channels":4,"arrange":"reverse","seed":1}""", "seed")]
    [InlineData("permutation", """{"channels":4,"seed":-1}""", "seed")]
    [InlineData("rational-quadratic-spline", """{"dimension":2,"bins":0}""", "bins")]
    [InlineData("rational-quadratic-spline", """{"dimension":2,"tail_bound":0}""", "tail_bound")]
    [InlineData("rational-quadratic-spline", """{"dimension":2,"bins":8,"min_bin_width":0.2}""", "min_bin_width")]
    [InlineData("rational-quadratic-spline", """{"dimension":2,"bins":8,"min_bin_height":0}""", "min_bin_height")]
    [InlineData("rational-quadratic-spline", """{"dimension":2,"min_derivative":1}""", "min_derivative")]
    [InlineData("rational-quadratic-spline", """{"dimension":2000000,"bins":4000,"min_bin_width":1e-5,"min_bin_height":1e-5}""", "dimension")]
    public void BadRecipesNameKindAndProperty(string kind, string recipe, string property)
    {
        var error = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>(kind, JsonDocument.Parse(recipe).RootElement));
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
        Assert.Contains(property, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownKindsAndNonObjectsAreBadInput()
    {
        Assert.Contains("'swirl'", Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>("swirl", JsonDocument.Parse("{}").RootElement)).Message, StringComparison.Ordinal);
        foreach (string kind in BijectorRegistry.Kinds)
            Assert.Contains(kind, Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>(kind, JsonDocument.Parse("[1]").RootElement)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.02, "row 1, column 2 is -0.02, outside (-0.0102041, 1.0102)")]
    [InlineData(1.5, "row 1, column 2 is 1.5, outside (-0.0102041, 1.0102)")]
    [InlineData(double.PositiveInfinity, "row 1, column 2 is Infinity, outside (-0.0102041, 1.0102)")]
    public void LogitNamesTheElementOutside(double value, string text)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] x = [0.5, 0.5, 0.5, 0.5, 0.5, value];
        var layer = new Logit<double>(3);
        var error = Assert.Throws<OutsideDomainException>(() => layer.Forward(tape, tape.Input(x, 2, 3), new StepContext()));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogitAcceptsWhateverItsInverseGives()
    {
        using var backend = new SimdBackend<float>(1);
        using var flow = new Flow<float>([new Logit<float>(3, alpha: 0.01, low: 0, high: 17)], new StandardNormal<float>(3), 0, backend);
        using var tape = new Tape<float>(backend);
        Var x = flow.Inverse(tape, tape.Input([-6f, 6f, 0f, -9f, 9f, 5f], 2, 3), new StepContext()).Output;
        var values = new float[6];
        tape.Read(x, values);
        Assert.True(values.Min() < 0 && values.Max() > 17, "the samples should reach beyond the interval");
        Assert.All(flow.LogProb(values), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void OpenLogitRefusesItsEndsAndClippingAcceptsThem()
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        var open = new Logit<double>(2, alpha: 0);
        Assert.Contains("outside (0, 1)", Assert.Throws<OutsideDomainException>(() => open.Forward(tape, tape.Input([0.5, 1.0], 1, 2), new StepContext())).Message, StringComparison.Ordinal);
        var clipped = new Logit<double>(2, alpha: 0, clip: 1e-3);
        var z = new double[2];
        tape.Read(clipped.Forward(tape, tape.Input([0.0, 1.0], 1, 2), new StepContext()).Output, z);
        Assert.Equal(-z[0], z[1], 1e-9);
        Assert.Equal(Math.Log(0.999 / 0.001), z[1], 1e-9);
    }

    [Fact]
    public void ActNormStartsAtMeanZeroVarianceOneAndSparesConstantChannels()
    {
        using var backend = new ReferenceBackend<double>();
        var layer = new ActNorm<double>(3);
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "a", 0);
        store.Build();
        Assert.False(layer.IsInitialized(store));
        double[] x = [1, 5, 10, 3, 5, 20, 5, 5, 30, 7, 5, 60];
        layer.Initialize(store, x, 4);
        Assert.True(layer.IsInitialized(store));
        using var tape = new Tape<double>(backend, store);
        var z = new double[12];
        tape.Read(layer.Forward(tape, tape.Input(x, 4, 3), new StepContext()).Output, z);
        foreach (int c in (int[])[0, 2])
        {
            double[] column = Enumerable.Range(0, 4).Select(r => z[r * 3 + c]).ToArray();
            Assert.Equal(0, column.Average(), 1e-12);
            Assert.Equal(1, column.Sum(v => v * v) / 3, 1e-12);
        }
        // The floor: 1/1000 of the root mean square of the three deviations.
        double rms = Math.Sqrt((20.0 / 3 + 0 + 1400.0 / 3) / 3);
        Assert.Equal(-Math.Log(1e-3 * rms), store.Read(store.Find("a.log_scale"))[1], 1e-12);
        for (int r = 0; r < 4; r++) Assert.Equal(0, z[r * 3 + 1], 1e-9);
    }

    [Fact]
    public void ActNormRefusesWhatHasNoVariance()
    {
        using var backend = new ReferenceBackend<double>();
        var layer = new ActNorm<double>(2);
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "a", 0);
        store.Build();
        Assert.Contains("two", Assert.Throws<ArgumentException>(() => layer.Initialize(store, [1, 2], 1)).Message, StringComparison.Ordinal);
        Assert.Throws<NonFiniteException>(() => layer.Initialize(store, [1, 2, double.NaN, 4], 2));
        Assert.Throws<ArgumentException>(() => layer.Initialize(store, [1, 2, 3], 2));
        Assert.False(layer.IsInitialized(store));
        layer.Initialize(store, [4, 4, 4, 4], 2);
        Assert.Equal([0.0, 0.0], store.Read(store.Find("a.log_scale")));
    }

    [Fact]
    public void RandomPermutationsHoldEveryFeatureAndDependOnTheSeed()
    {
        double[] Order(ulong attachSeed, ulong? seed)
        {
            using var backend = new ReferenceBackend<double>();
            using var store = new ParameterStore<double>(backend);
            Permutation<double>.Random(40, seed).Attach(store, "p", attachSeed);
            store.Build();
            return store.Read(store.Find("p.order"));
        }

        Assert.Equal(Enumerable.Range(0, 40).Select(v => (double)v), Order(1, null).Order());
        Assert.Equal(Order(1, null), Order(1, null));
        Assert.NotEqual(Order(1, null), Order(2, null));
        Assert.Equal(Order(1, 9), Order(2, 9));
        Assert.NotEqual(Order(1, 9), Order(1, 8));
    }

    [Fact]
    public void StandardizeGivesMeanZeroDeviationOne()
    {
        using var backend = new ReferenceBackend<double>();
        Affine<double> layer = Affine<double>.Standardize([1, -2], [4, 0.5]);
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "s", 0);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        FlowStep step = layer.Forward(tape, tape.Input([5, -1.5], 1, 2), new StepContext());
        var z = new double[2];
        tape.Read(step.Output, z);
        Assert.Equal(1, z[0], 1e-14);
        Assert.Equal(1, z[1], 1e-14);
        Assert.Equal(-Math.Log(4) - Math.Log(0.5), tape.Scalar(step.LogAbsDet), 1e-14);
        Assert.Contains("deviation[1]", Assert.Throws<ArgumentException>(() => Affine<double>.Standardize([0, 0], [1, 0])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SplineStartsAsTheIdentity(bool identityInit)
    {
        using var backend = new SimdBackend<double>(1);
        var layer = new RationalQuadraticSpline<double>(3, new SplineSettings(5, 2, IdentityInit: identityInit));
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "s", 0);
        store.Build();
        double[] x = [-3, -2, -1.2, -0.4, 0, 0.1, 1.9999, 2, 2.1];
        (double[] z, double[] logDet) = BijectorChecks.Run(layer, backend, store, x, inverse: false);
        BijectorChecks.Close("identity", z, x, 1e-14);
        BijectorChecks.Close("log-det", logDet, [0, 0, 0], 1e-13);
    }

    [Fact]
    public void SplineIsContinuousAtItsBounds()
    {
        using var backend = new ReferenceBackend<double>();
        BijectorCase test = BijectorCase.All.Single(c => c.Name == "rational-quadratic-spline");
        (IBijector<double> layer, ParameterStore<double> store) = test.Make(backend);
        foreach (double bound in (double[])[-3, 3])
        {
            double[] at = Enumerable.Repeat(bound, 5).ToArray(), outside = Enumerable.Repeat(bound * (1 + 1e-12), 5).ToArray();
            (double[] z, double[] logDet) = BijectorChecks.Run(layer, backend, store, at, inverse: false);
            (double[] zOut, double[] logDetOut) = BijectorChecks.Run(layer, backend, store, outside, inverse: false);
            BijectorChecks.Close("value at the bound", z, zOut, 1e-11);
            BijectorChecks.Close("log-det at the bound", logDet, logDetOut, 1e-11);
        }
        store.Dispose();
    }

    [Fact]
    public void SplineIsContinuousAtItsKnotsAndHitsThem()
    {
        const int bins = 5;
        double[] raw = new PhiloxNormals(3).Take((3 * bins) - 1), settings = [3, 1e-3, 1e-3, 1e-3, 1, 1];
        double[] scratch = new double[SplineKnots<double>.ScratchLength(bins)], z = new double[1], logDet = new double[1];
        var knots = new SplineKnots<double>(scratch, raw, bins, settings);
        for (int j = 1; j < bins; j++)
        {
            double x = knots.X[j], y = knots.Y[j], slope = knots.Slope[j];
            foreach (double at in (double[])[x, Math.BitDecrement(x), Math.BitIncrement(x)])
            {
                RationalQuadratic.Forward([at], raw, settings, z, logDet, bins);
                Assert.Equal(y, z[0], 1e-13);
                Assert.Equal(Math.Log(slope), logDet[0], 1e-11);
                RationalQuadraticSimd.Forward([at], raw, settings, z, logDet, bins);
                Assert.Equal(y, z[0], 1e-13);
                Assert.Equal(Math.Log(slope), logDet[0], 1e-11);
            }
            foreach (double at in (double[])[y, Math.BitDecrement(y), Math.BitIncrement(y)])
            {
                RationalQuadraticSimd.Inverse([at], raw, settings, z, logDet, bins);
                Assert.Equal(x, z[0], 1e-13);
                Assert.Equal(-Math.Log(slope), logDet[0], 1e-11);
            }
        }
    }

    [Fact]
    public void UnattachedAndTwiceAttachedAreRefused()
    {
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        var layer = new ActNorm<double>(2);
        Assert.Throws<InvalidOperationException>(() => layer.Forward(tape, tape.Input([1, 2], 1, 2), new StepContext()));
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "a", 0);
        Assert.Throws<InvalidOperationException>(() => layer.Attach(store, "b", 0));
    }
}
