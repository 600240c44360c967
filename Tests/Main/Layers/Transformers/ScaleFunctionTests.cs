using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The scales of the affine transformer against their formulas, and within the bounds that certificates rest on.</summary>
public sealed class ScaleFunctionTests
{
    public static TheoryData<ScaleFunction> All => [.. Enum.GetValues<ScaleFunction>()];

    [Theory]
    [InlineData(ScaleFunction.Tanh, 1.7, -0.3)]
    [InlineData(ScaleFunction.Tanh, 1.7, 40)]
    [InlineData(ScaleFunction.HalfSigmoid, 2, 0.6)]
    [InlineData(ScaleFunction.HalfSigmoid, 2, -700)]
    [InlineData(ScaleFunction.LearnedTanh, 2, 0.8)]
    public void They_are_their_formulas(ScaleFunction function, double clamp, double u)
    {
        double expected = function switch
        {
            ScaleFunction.Tanh => Math.Exp(clamp * Math.Tanh(u / clamp)),
            ScaleFunction.HalfSigmoid => 0.5 + (0.5 / (1 + Math.Exp(-u - 2))),
            _ => Math.Exp((1 * Math.Tanh(u)) + 0),
        };
        (double scale, double logScale) = Scale(new ScaleSettings(function, Clamp: clamp), u, (1, 0));
        Assert.Equal(expected, scale, 1e-14);
        Assert.Equal(Math.Log(expected), logScale, 1e-14);
    }

    [Fact]
    public void Learned_numbers_move_the_range()
    {
        (_, double logScale) = Scale(new ScaleSettings(ScaleFunction.LearnedTanh), 30, (0.25, -1.5));
        Assert.Equal(0.25 - 1.5, logScale, 1e-14);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Range_and_slope_are_never_exceeded(ScaleFunction function)
    {
        var settings = new ScaleSettings(function, Least: 0.05, Slope: 0.1, Clamp: 1.5, Cap: function == ScaleFunction.Softplus ? 3 : double.PositiveInfinity);
        const int Points = 4001;
        foreach (double reach in (double[])[0.5, 4, double.PositiveInfinity])
        {
            ScaleBounds bounds = settings.Bounds(reach, 0.7, -0.2);
            double end = Math.Min(reach, 30), step = 2 * end / (Points - 1);
            double[] log = LogScales(settings, [.. Enumerable.Range(0, Points).Select(i => -end + (i * step))]);
            for (int i = 0; i < Points; i++)
            {
                Assert.InRange(log[i], bounds.LeastLog - 1e-12, bounds.MostLog + 1e-12);
                if (i == 0) continue;
                Assert.True(Math.Abs(log[i] - log[i - 1]) <= (bounds.LogSlope * step) + 1e-12, $"{function}: log slope at {i}");
                Assert.True(Math.Abs(Math.Exp(log[i]) - Math.Exp(log[i - 1])) <= (bounds.Slope * step) * (1 + 1e-12), $"{function}: slope at {i}");
            }
            // The ends are attained: the range is no wider than it must be.
            if (double.IsFinite(reach)) Assert.Equal(bounds.MostLog - bounds.LeastLog, log.Max() - log.Min(), 1e-12);
        }
    }

    [Fact]
    public void Exp_has_no_bounds()
    {
        ScaleBounds bounds = new ScaleSettings(ScaleFunction.Exp).Bounds(double.PositiveInfinity, 0, 0);
        Assert.Equal(double.NegativeInfinity, bounds.LeastLog);
        Assert.Equal(double.PositiveInfinity, bounds.MostLog);
    }

    private static (double Scale, double LogScale) Scale(in ScaleSettings settings, double u, (double Alpha, double Beta) learned)
    {
        (double[] scales, double[] logs) = Run(settings, [u], learned);
        return (scales[0], logs[0]);
    }

    private static double[] LogScales(in ScaleSettings settings, double[] u) => Run(settings, u, (0.7, -0.2)).LogScales;

    // At x = 1 and shift 0 the output is the scale.
    private static (double[] Scales, double[] LogScales) Run(in ScaleSettings settings, double[] u, (double Alpha, double Beta) learned)
    {
        using var backend = new ReferenceBackend<double>();
        using var store = new ParameterStore<double>(backend);
        var transformer = new AffineTransformer<double>(settings);
        transformer.Attach(store, "t", 0);
        store.Build();
        if (settings.Function == ScaleFunction.LearnedTanh)
        {
            store.Write(store.Find("t.alpha"), [learned.Alpha]);
            store.Write(store.Find("t.beta"), [learned.Beta]);
        }
        using var tape = new Tape<double>(backend, store) { RecordsGradients = false };
        int n = u.Length;
        double[] x = new double[n], raw = new double[2 * n], scales = new double[n], logs = new double[n];
        Array.Fill(x, 1);
        for (int i = 0; i < n; i++) raw[(2 * i) + 1] = u[i];
        (Var z, Var logDet) = transformer.Forward(tape, tape.Input(x, n, 1), tape.Input(raw, n, 2));
        tape.Read(z, scales);
        tape.Read(logDet, logs);
        return (scales, logs);
    }
}
