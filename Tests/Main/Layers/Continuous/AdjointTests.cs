using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The adjoint method against gradients through the recorded steps, which it must approach as the solver's error falls.</summary>
public sealed class AdjointTests : IDisposable
{
    private const int Rows = 5, D = 2;

    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    public static TheoryData<TimeInput, bool, bool, bool> Cases
    {
        get
        {
            var data = new TheoryData<TimeInput, bool, bool, bool>();
            foreach (bool probe in (bool[])[false, true])
                foreach (bool penalties in (bool[])[false, true])
                    foreach (bool inverse in (bool[])[false, true])
                        data.Add(TimeInput.Concat, probe, penalties, inverse);
            data.Add(TimeInput.Squash, false, true, false);
            data.Add(TimeInput.Ignore, true, false, true);
            data.Add(TimeInput.Last, false, false, false);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ConvergesToTheGradientThroughTheSteps(TimeInput time, bool probe, bool penalties, bool inverse)
    {
        double[] exact = Gradient(time, probe, penalties, inverse, new OdeSolver(OdeMethod.Rk4, 200), adjoint: false);
        double coarse = Distance(Gradient(time, probe, penalties, inverse, new OdeSolver(OdeMethod.Rk4, 8), adjoint: true), exact);
        double fine = Distance(Gradient(time, probe, penalties, inverse, new OdeSolver(OdeMethod.Rk4, 16), adjoint: true), exact);
        Assert.InRange(coarse, 1e-9, 1e-2);
        // Fourth order: 16 times less.
        Assert.InRange(coarse / fine, 8, 40);
        double adaptive = Distance(Gradient(time, probe, penalties, inverse, new OdeSolver(OdeMethod.Dopri5, RelativeTolerance: 1e-9, AbsoluteTolerance: 1e-9), adjoint: true), exact);
        Assert.InRange(adaptive, 0, 1e-7);
    }

    [Fact]
    public void ReportsBothSolves()
    {
        (Cnf<double> b, ParameterStore<double> store) = Make(TimeInput.Concat, false, false, new OdeSolver(OdeMethod.Midpoint, 5), adjoint: true);
        using var tape = new Tape<double>(_backend, store);
        FlowStep step = b.Forward(tape, tape.Input(new PhiloxNormals(3).Take(Rows * D), Rows, D), new StepContext { Mode = FlowMode.Train });
        tape.Backward(tape.Sum(step.Output));
        Assert.Equal(10, b.LastSolve.Evaluations);
        Assert.Equal(10, b.LastAdjoint.Evaluations);
        Assert.Equal(GradientKind.Biased, step.Gradient);
        store.Dispose();
    }

    [Fact]
    public void ItsNodesAreOneWhateverTheSteps()
    {
        (Cnf<double> b, ParameterStore<double> store) = Make(TimeInput.Concat, false, false, new OdeSolver(OdeMethod.Rk4, 500), adjoint: true);
        using var tape = new Tape<double>(_backend, store);
        b.Forward(tape, tape.Input(new PhiloxNormals(3).Take(Rows * D), Rows, D), new StepContext { Mode = FlowMode.Train });
        Assert.Equal(1, tape.Count);
        Assert.Contains("neural-ode", tape.Explain(0), StringComparison.Ordinal);
        store.Dispose();
    }

    [Fact]
    public void PushingForwardIsRefused()
    {
        (Cnf<double> b, ParameterStore<double> store) = Make(TimeInput.Concat, false, false, new OdeSolver(OdeMethod.Euler, 2), adjoint: true);
        using var tape = new Tape<double>(_backend, store);
        b.Forward(tape, tape.Input(new PhiloxNormals(3).Take(Rows * D), Rows, D, needsGrad: true), new StepContext { Mode = FlowMode.Train });
        tape.ClearTangents();
        Assert.Contains("record the steps", Assert.Throws<NotSupportedException>(tape.PushForward).Message, StringComparison.Ordinal);
        store.Dispose();
    }

    // Of sum(ct z) + sum(ct' log-det) + penalty: x, then every parameter. The second of two backward passes, so that what is left over from the first would show.
    private double[] Gradient(TimeInput time, bool probe, bool penalties, bool inverse, OdeSolver solver, bool adjoint)
    {
        (Cnf<double> b, ParameterStore<double> store) = Make(time, probe, penalties, solver, adjoint);
        using var tape = new Tape<double>(_backend, store);
        double[] result = [];
        for (int pass = 0; pass < 2; pass++)
        {
            tape.Reset();
            var random = new PhiloxNormals(3);
            Var x = tape.Input(random.Take(Rows * D), Rows, D, needsGrad: true);
            var c = new StepContext { Mode = FlowMode.Train, Key = 5 };
            FlowStep step = inverse ? b.Inverse(tape, x, c) : b.Forward(tape, x, c);
            Var loss = tape.Add(tape.Sum(tape.Multiply(tape.Input(random.Take(Rows * D), Rows, D), step.Output)), tape.Sum(tape.Multiply(tape.Input(random.Take(Rows), Rows, 1), step.LogAbsDet)));
            if (!step.Penalty.IsNone) loss = tape.Add(loss, step.Penalty);
            tape.Backward(loss);
            var dx = new double[Rows * D];
            tape.ReadGrad(x, dx);
            result = [.. dx, .. store.Parameters.SelectMany(p => store.ReadGradient(p.Var))];
        }
        store.Dispose();
        return result;
    }

    private (Cnf<double> Bijector, ParameterStore<double> Store) Make(TimeInput time, bool probe, bool penalties, OdeSolver solver, bool adjoint)
    {
        var settings = new CnfSettings(1.2, solver, probe ? ProbeKind.Rademacher : null, adjoint, penalties ? 0.3 : 0, penalties ? 0.2 : 0);
        var b = new Cnf<double>(D, [6], SmoothActivation.Tanh, time, settings);
        var store = new ParameterStore<double>(_backend);
        b.Attach(store, "layer", 1);
        store.Build();
        var random = new PhiloxNormals(5);
        foreach (ParameterStore<double>.Entry p in store.Parameters) store.Write(p.Var, store.Read(p.Var).Select(v => v + (0.5 * random.Next())).ToArray());
        return (b, store);
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, (p, q) => Math.Abs(p - q)).Max() / Math.Max(1, b.Max(Math.Abs));
}
