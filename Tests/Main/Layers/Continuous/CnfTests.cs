using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Continuous flows against closed solutions and against themselves: orders, tolerances, penalties, reports.</summary>
public sealed class CnfTests : IDisposable
{
    private static readonly double[] A = [-0.3, 1.1, -0.9, 0.4];

    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void ALinearFieldIsAMatrixExponential()
    {
        (Cnf<double> b, ParameterStore<double> store) = Linear(new CnfSettings(1.5, new OdeSolver(OdeMethod.Euler)));
        double[] power = [-0.45, 1.65, -1.35, 0.6], exponential = new double[4];
        MatrixExponential.Evaluate<double>(power, 2, exponential);
        double[] x = [0.3, -2, 1.7, 0.4], expected = new double[4];
        for (int r = 0; r < 2; r++)
            for (int i = 0; i < 2; i++) expected[(2 * r) + i] = (exponential[2 * i] * x[2 * r]) + (exponential[(2 * i) + 1] * x[(2 * r) + 1]);
        (double[] z, double[] logDet) = BijectorChecks.Run(b, _backend, store, x, inverse: false);
        BijectorChecks.Close("z", z, expected, 1e-11);
        BijectorChecks.Close("log-det", logDet, [0.15, 0.15], 1e-11);
        store.Dispose();
    }

    [Theory]
    [InlineData(OdeMethod.Euler, 1)]
    [InlineData(OdeMethod.Midpoint, 2)]
    [InlineData(OdeMethod.Rk4, 4)]
    public void FixedStepsHaveTheirOrder(OdeMethod method, int order)
    {
        double coarse = Error(new OdeSolver(method, 16)), fine = Error(new OdeSolver(method, 32));
        Assert.InRange(Math.Log2(coarse / fine), order - 0.25, order + 0.25);
    }

    [Fact]
    public void AdaptiveStepsKeepTheirTolerance()
    {
        double before = double.PositiveInfinity;
        int evaluations = 0;
        foreach (double tolerance in (double[])[1e-3, 1e-5, 1e-7, 1e-9])
        {
            var solver = new OdeSolver(OdeMethod.Dopri5, RelativeTolerance: tolerance, AbsoluteTolerance: tolerance);
            double error = Error(solver, out OdeReport report);
            Assert.True(error < 20 * tolerance && error < before / 3, $"error {error} at tolerance {tolerance}");
            Assert.True(report.Evaluations > evaluations, $"{report}");
            Assert.Equal(1 + (6 * (report.Steps + report.Rejected)), report.Evaluations);
            Assert.Equal(solver, report.Solver);
            (before, evaluations) = (error, report.Evaluations);
        }
    }

    [Fact]
    public void AStepThatWentTooFarIsTakenBack()
    {
        (Cnf<double> b, ParameterStore<double> store) = Random(new CnfSettings(6, new OdeSolver(OdeMethod.Dopri5, RelativeTolerance: 1e-6, AbsoluteTolerance: 1e-6)), SmoothActivation.Sin, 3);
        double[] x = new PhiloxNormals(3).Take(16);
        (double[] z, _) = Run(b, store, x, FlowMode.Train, tape: null);
        Assert.True(b.LastSolve.Rejected > 0, $"{b.LastSolve}");
        (double[] exact, _) = Run(b, store, x, FlowMode.Evaluate, tape: null);
        // Errors grow along the way; they must still be of the tolerance's size.
        BijectorChecks.Close("z", z, exact, 1e-3);
        store.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void ARowIsTheSameInEveryBatchAndOnAnyThreads(int threads)
    {
        var settings = new CnfSettings(1, new OdeSolver(OdeMethod.Dopri5));
        double[] x = new PhiloxNormals(3).Take(2 * 40);
        x[6] = 1000;
        using var other = threads == 1 ? (IBackend<double>)new SimdBackend<double>(2) : new SimdBackend<double>(1);
        (Cnf<double> b, ParameterStore<double> store) = Random(settings, SmoothActivation.Tanh, 1);
        (Cnf<double> c, ParameterStore<double> there) = Random(settings, SmoothActivation.Tanh, 1, other);
        foreach (FlowMode mode in (FlowMode[])[FlowMode.Train, FlowMode.Evaluate])
        {
            (double[] z, double[] logDet) = Run(b, store, x, mode, tape: null);
            using (var tape = new Tape<double>(other, there))
            {
                (double[] z2, double[] logDet2) = Run(c, there, x, mode, tape);
                Assert.Equal(z, z2);
                Assert.Equal(logDet, logDet2);
            }
            for (int r = 0; r < 40; r += 3)
            {
                (double[] one, double[] oneLogDet) = Run(b, store, x[(2 * r)..((2 * r) + 2)], mode, tape: null);
                BijectorChecks.Close("a row alone", one, z.AsSpan(2 * r, 2), 1e-14);
                BijectorChecks.Close("its log-det", oneLogDet, logDet.AsSpan(r, 1), 1e-14);
            }
        }
        store.Dispose();
        there.Dispose();
    }

    [Fact]
    public void HutchinsonsMeanIsTheIntegralOfTheTrace()
    {
        var solver = new OdeSolver(OdeMethod.Rk4, 4);
        double[] x = new PhiloxNormals(3).Take(2 * 32);
        (Cnf<double> exact, ParameterStore<double> store) = Random(new CnfSettings(1, solver), SmoothActivation.Tanh, 1);
        double expected = Run(exact, store, x, FlowMode.Train, tape: null).LogDet.Average();
        foreach (ProbeKind kind in (ProbeKind[])[ProbeKind.Rademacher, ProbeKind.Gaussian, ProbeKind.Sphere])
        {
            (Cnf<double> b, ParameterStore<double> same) = Random(new CnfSettings(1, solver, kind), SmoothActivation.Tanh, 1);
            double sum = 0, squares = 0;
            const int Steps = 300;
            for (int step = 0; step < Steps; step++)
            {
                double mean = Run(b, same, x, FlowMode.Train, null, step).LogDet.Average();
                sum += mean / Steps;
                squares += mean * mean / Steps;
            }
            double error = Math.Sqrt((squares - (sum * sum)) / (Steps - 1));
            Assert.InRange(sum, expected - (4.5 * error), expected + (4.5 * error));
            Assert.True(error < 0.03 * Math.Abs(expected), $"{error} against {expected}");
            Assert.Equal(Run(b, same, x, FlowMode.Train, null, 3).LogDet, Run(b, same, x, FlowMode.Train, null, 3).LogDet);
            Assert.NotEqual(Run(b, same, x, FlowMode.Train, null, 3).LogDet, Run(b, same, x, FlowMode.Train, null, 4).LogDet);
            same.Dispose();
        }
        store.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PenaltiesAreIntegrals(bool adjoint)
    {
        // Of a linear field: |J|^2 is constant, and |A x|^2 along the solution is integrated here by Simpson's rule over the layer's own inverse of time.
        const double Kinetic = 0.3, Frobenius = 0.7, Horizon = 0.8;
        double[] x = [0.3, -2, 1.7, 0.4];
        (Cnf<double> b, ParameterStore<double> store) = Linear(new CnfSettings(Horizon, new OdeSolver(OdeMethod.Rk4, 200), null, adjoint, Kinetic, Frobenius));
        using var tape = new Tape<double>(_backend, store);
        FlowStep step = b.Forward(tape, tape.Input(x, 2, 2), new StepContext { Mode = FlowMode.Train });
        double expected = Frobenius * Horizon * A.Sum(v => v * v);
        const int Parts = 200;
        for (int i = 0; i <= Parts; i++)
        {
            double t = Horizon * i / Parts, weight = Horizon / Parts / 3 * (i == 0 || i == Parts ? 1 : i % 2 == 1 ? 4 : 2);
            double[] exponential = new double[4];
            MatrixExponential.Evaluate<double>(Array.ConvertAll(A, v => v * t), 2, exponential);
            for (int r = 0; r < 2; r++)
            {
                double p = (exponential[0] * x[2 * r]) + (exponential[1] * x[(2 * r) + 1]), q = (exponential[2] * x[2 * r]) + (exponential[3] * x[(2 * r) + 1]);
                double f = (A[0] * p) + (A[1] * q), g = (A[2] * p) + (A[3] * q);
                expected += Kinetic * weight * ((f * f) + (g * g)) / 2;
            }
        }
        Assert.Equal(expected, tape.Scalar(step.Penalty), 1e-8);
        Assert.True(b.Forward(tape, tape.Input(x, 2, 2), new StepContext()).Penalty.IsNone);
        Assert.True(b.Inverse(tape, tape.Input(x, 2, 2), new StepContext { Mode = FlowMode.Train }).Penalty.IsNone);
        store.Dispose();
    }

    [Fact]
    public void AFieldTooSteepIsANamedError()
    {
        (Cnf<double> b, ParameterStore<double> store) = Linear(new CnfSettings(1, new OdeSolver(OdeMethod.Dopri5)));
        store.Write(store.Find("layer.net.0.weight"), [1e18, 0, 0, 1e18]);
        var error = Assert.Throws<NotConvergedException>(() => Run(b, store, [1, 1], FlowMode.Evaluate, tape: null));
        Assert.Contains("too steep", error.Message, StringComparison.Ordinal);
        store.Dispose();
    }

    [Fact]
    public void MemoryOfAnEvaluationDoesNotGrowWithItsSteps()
    {
        (Cnf<double> b, ParameterStore<double> store) = Random(new CnfSettings(1, new OdeSolver(OdeMethod.Rk4, 400)), SmoothActivation.Tanh, 1);
        using var tape = new Tape<double>(_backend, store) { RecordsGradients = false };
        double[] x = new PhiloxNormals(3).Take(64);
        foreach (FlowMode mode in (FlowMode[])[FlowMode.Train, FlowMode.Evaluate])
        {
            Run(b, store, x, mode, tape);
            Assert.True(tape.Count < 120, $"{mode}: {tape.Count} nodes are left of {b.LastSolve}");
        }
        store.Dispose();
    }

    [Theory]
    [InlineData(null, false, ValueKind.Truncated, GradientKind.Biased)]
    [InlineData(null, true, ValueKind.Truncated, GradientKind.Biased)]
    [InlineData(ProbeKind.Rademacher, false, ValueKind.Unbiased, GradientKind.Unbiased)]
    [InlineData(ProbeKind.Sphere, false, ValueKind.Unbiased, GradientKind.Unbiased)]
    [InlineData(ProbeKind.Gaussian, true, ValueKind.Unbiased, GradientKind.Biased)]
    public void SaysWhatItsNumbersAre(ProbeKind? probe, bool adjoint, ValueKind value, GradientKind gradient)
    {
        (Cnf<double> b, ParameterStore<double> store) = Random(new CnfSettings(1, new OdeSolver(OdeMethod.Rk4, 2), probe, adjoint), SmoothActivation.Tanh, 0.5);
        using var tape = new Tape<double>(_backend, store);
        FlowStep training = b.Forward(tape, tape.Constant(1, 3, 2), new StepContext { Mode = FlowMode.Train }), evaluation = b.Forward(tape, tape.Constant(1, 3, 2), new StepContext());
        Assert.Equal((value, gradient), (training.Value, training.Gradient));
        Assert.Equal((ValueKind.Exact, GradientKind.Exact), (evaluation.Value, evaluation.Gradient));
        store.Dispose();
    }

    [Theory]
    [InlineData("\"horizon\":0", "horizon is 0")]
    [InlineData("\"time\":\"first\"", "'time' is")]
    [InlineData("\"activation\":\"lipswish\"", "lipswish")]
    [InlineData("\"activation\":\"relu\"", "'activation' is")]
    [InlineData("\"kinetic\":-1", "kinetic is -1")]
    [InlineData("\"trace\":\"hutchinson\",\"probe\":\"orthonormal\"", "rademacher, gaussian, sphere")]
    [InlineData("\"solver\":{\"name\":\"rk4\",\"rtol\":1e-3}", "rtol")]
    [InlineData("\"solver\":{\"name\":\"rk4\",\"steps\":0}", "'steps' is")]
    [InlineData("\"solver\":{\"name\":\"dopri5\",\"atol\":0}", "atol is 0")]
    [InlineData("\"solver\":{\"name\":\"heun\"}", "'name' is")]
    [InlineData("\"hidden\":[2000000000]", "too large")]
    [InlineData("\"hidden\":[8,0]", "hidden[1] is 0")]
    [InlineData("\"hidden\":[100000,100000]", "too large")]
    public void ARecipeOutOfRangeIsBadInput(string property, string expected)
    {
        var config = System.Text.Json.JsonDocument.Parse("{\"kind\":\"cnf\",\"dimension\":2," + property + "}").RootElement;
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => Cnf<double>.FromConfig(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneProbeIsNotOrthonormal()
        => Assert.Contains("take sphere", Assert.Throws<ArgumentException>(() => new CnfSettings(1, new OdeSolver(OdeMethod.Rk4), ProbeKind.Orthonormal).Check()).Message, StringComparison.Ordinal);

    private double Error(OdeSolver solver) => Error(solver, out _);

    private double Error(OdeSolver solver, out OdeReport report)
    {
        (Cnf<double> b, ParameterStore<double> store) = Random(new CnfSettings(1, solver), SmoothActivation.Tanh, 0.5);
        double[] x = new PhiloxNormals(3).Take(2 * 10);
        (double[] z, double[] logDet) = Run(b, store, x, FlowMode.Train, tape: null);
        report = b.LastSolve;
        (double[] exact, double[] exactLogDet) = Run(b, store, x, FlowMode.Evaluate, tape: null);
        store.Dispose();
        return z.Concat(logDet).Zip(exact.Concat(exactLogDet), (p, q) => Math.Abs(p - q)).Max();
    }

    private (double[] Z, double[] LogDet) Run(Cnf<double> b, ParameterStore<double> store, double[] x, FlowMode mode, Tape<double>? tape, long step = 0)
    {
        using Tape<double>? own = tape is null ? new Tape<double>(_backend, store) { RecordsGradients = false } : null;
        tape ??= own!;
        tape.Reset();
        FlowStep done = b.Forward(tape, tape.Input(x, x.Length / 2, 2), new StepContext { Mode = mode, Key = 9, Step = step });
        double[] z = new double[x.Length], logDet = new double[x.Length / 2];
        tape.Read(done.Output, z);
        tape.Read(done.LogAbsDet, logDet);
        return (z, logDet);
    }

    private (Cnf<double> Bijector, ParameterStore<double> Store) Linear(in CnfSettings settings)
    {
        var b = new Cnf<double>(2, [], SmoothActivation.Tanh, TimeInput.Ignore, settings);
        var store = new ParameterStore<double>(_backend);
        b.Attach(store, "layer", 1);
        store.Build();
        store.Write(store.Find("layer.net.0.weight"), A);
        return (b, store);
    }

    private (Cnf<double> Bijector, ParameterStore<double> Store) Random(in CnfSettings settings, SmoothActivation activation, double noise, IBackend<double>? backend = null)
    {
        var b = new Cnf<double>(2, [8], activation, TimeInput.Concat, settings);
        var store = new ParameterStore<double>(backend ?? _backend);
        b.Attach(store, "layer", 1);
        store.Build();
        var random = new PhiloxNormals(5);
        foreach (ParameterStore<double>.Entry p in store.Parameters) store.Write(p.Var, store.Read(p.Var).Select(v => v + (noise * random.Next())).ToArray());
        return (b, store);
    }
}
