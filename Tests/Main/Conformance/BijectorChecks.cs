using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>What every bijector must satisfy, as checks that throw <see cref="BijectorFault"/>: so that a test can also show that they reject planted faults.</summary>
public static class BijectorChecks
{
    private const int Rows = 5;

    /// <summary>All checks in double on one backend.</summary>
    public static void All(BijectorCase test, IBackend<double> backend, Func<IBijector<double>, IBijector<double>>? wrap = null)
    {
        (IBijector<double> inner, ParameterStore<double> store) = test.Make(backend);
        using (store)
        {
            IBijector<double> b = wrap is null ? inner : wrap(inner);
            double[] x = test.Inputs(Rows, b.Dimension, 7);
            (double[] z, double[] logDet) = Run(b, backend, store, x, inverse: false);
            (double[] back, double[] inverseLogDet) = Run(b, backend, store, z, inverse: true);
            Close("round trip x -> z -> x", back, x, 1e-10);
            Close("round trip z -> x -> z", Run(b, backend, store, back, inverse: false).Out, z, 1e-10);
            Close("log-det of the inverse", inverseLogDet, logDet.Select(v => -v).ToArray(), 1e-9);
            LogDet(b, backend, store, x, logDet, inverse: false);
            LogDet(b, backend, store, z, inverseLogDet, inverse: true);
            Batches(b, backend, store, x, z, logDet);
            Gradients(b, backend, store, x, inverse: false);
            Gradients(b, backend, store, z, inverse: true);
            Tangents(b, backend, store, x, inverse: false);
            Tangents(b, backend, store, z, inverse: true);
        }
    }

    /// <summary>Out and log-det (spread over the rows) of a batch.</summary>
    public static (double[] Out, double[] LogDet) Run(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, bool inverse)
    {
        using var tape = new Tape<double>(backend, store);
        int rows = x.Length / b.Dimension;
        FlowStep step = Record(b, tape, tape.Input(x, rows, b.Dimension), inverse);
        if (step.Value != ValueKind.Exact || step.Gradient != GradientKind.Exact) throw new BijectorFault("kind", $"{step.Value}, {step.Gradient}; all bijectors here are exact");
        if (step.Output.Rows != rows || step.Output.Cols != b.Dimension) throw new BijectorFault("shape", $"output is {step.Output.Shape}");
        if (step.LogAbsDet.Cols != 1 || (step.LogAbsDet.Rows != 1 && step.LogAbsDet.Rows != rows)) throw new BijectorFault("shape", $"log-det is {step.LogAbsDet.Shape} for {rows} rows");
        var z = new double[x.Length];
        var logDet = new double[step.LogAbsDet.Length];
        tape.Read(step.Output, z);
        tape.Read(step.LogAbsDet, logDet);
        return (z, logDet.Length == rows ? logDet : Enumerable.Repeat(logDet[0], rows).ToArray());
    }

    /// <summary>Outputs, log-determinants and all gradients of a few rows are finite.</summary>
    public static void Finite(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, bool inverse, string where)
    {
        using var tape = new Tape<double>(backend, store);
        Var v = tape.Input(x, x.Length / b.Dimension, b.Dimension, needsGrad: true);
        FlowStep step = Record(b, tape, v, inverse);
        double[] z = new double[x.Length], logDet = new double[step.LogAbsDet.Length], dx = new double[x.Length];
        tape.Read(step.Output, z);
        tape.Read(step.LogAbsDet, logDet);
        tape.Backward(tape.Add(tape.Sum(step.Output), tape.Sum(step.LogAbsDet)));
        tape.ReadGrad(v, dx);
        AllFinite("finite output", where, z);
        AllFinite("finite log-det", where, logDet);
        AllFinite("finite gradient", where, dx);
        foreach (ParameterStore<double>.Entry p in store.Parameters) AllFinite("finite gradient", $"{where}, {p.Name}", store.ReadGradient(p.Var));
    }

    private static void AllFinite(string rule, string where, double[] values)
    {
        if (!values.All(double.IsFinite)) throw new BijectorFault(rule, $"{where}: {string.Join(' ', values)}");
    }

    /// <summary>Throws unless max |a - b| is at most tolerance max(1, max |b|).</summary>
    public static void Close(string what, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double tolerance)
    {
        if (actual.Length != expected.Length) throw new BijectorFault(what, $"{actual.Length} numbers, expected {expected.Length}");
        double scale = 1;
        foreach (double v in expected) scale = Math.Max(scale, Math.Abs(v));
        for (int i = 0; i < actual.Length; i++)
            if (!(Math.Abs(actual[i] - expected[i]) <= tolerance * scale))
                throw new BijectorFault(what, $"number {i} is {actual[i]:R}, expected {expected[i]:R}, tolerance {tolerance * scale:G2}");
    }

    private static FlowStep Record(IBijector<double> b, Tape<double> tape, Var v, bool inverse)
        => inverse ? b.Inverse(tape, v, new StepContext()) : b.Forward(tape, v, new StepContext());

    private static void LogDet(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, double[] logDet, bool inverse)
    {
        int d = b.Dimension;
        for (int r = 0; r < Rows; r++)
        {
            double[] row = x.AsSpan(r * d, d).ToArray();
            double[] byBackward = BruteForceJacobian.ByBackward(backend, store, row, (tape, v) => Record(b, tape, v, inverse).Output);
            double scale = row.Max(Math.Abs);
            double[] byDifferences = BruteForceJacobian.ByDifferences(row, 1e-4 * Math.Max(1e-2, Math.Min(1, scale)), v => Run(b, backend, store, v, inverse).Out);
            Close("log-det against brute force by backward", [logDet[r]], [BruteForceJacobian.LogAbsDet(byBackward, d)], 1e-9);
            Close("log-det against brute force by differences", [logDet[r]], [BruteForceJacobian.LogAbsDet(byDifferences, d)], 1e-5);
        }
    }

    private static void Batches(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, double[] z, double[] logDet)
    {
        int d = b.Dimension;
        for (int r = 0; r < Rows; r++)
        {
            (double[] one, double[] oneLogDet) = Run(b, backend, store, x.AsSpan(r * d, d).ToArray(), inverse: false);
            Close("a row alone equals the row in its batch", one, z.AsSpan(r * d, d), 1e-14);
            Close("a row's log-det alone equals that in its batch", oneLogDet, [logDet[r]], 1e-14);
        }
    }

    /// <summary>sum(ct z) + sum(ct' log-det): gradients of x and of every parameter against central differences, and none of them zero throughout.</summary>
    private static void Gradients(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, bool inverse)
    {
        string way = inverse ? "inverse" : "forward";
        var random = new PhiloxNormals(21);
        double[] ct = random.Take(x.Length), ctLogDet = random.Take(Rows);
        (double[] dx, double[] dp) = Gradient(b, backend, store, x, ct, ctLogDet, inverse);
        double[] expected = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double h = 1e-4 * Math.Max(1e-2, Math.Min(1, Math.Abs(x[i])));
            expected[i] = Richardson(h, step => Loss(b, backend, store, Shifted(x, i, step), ct, ctLogDet, inverse));
        }
        Close($"gradient of the input, {way}", dx, expected, 2e-6);

        int at = 0;
        foreach (ParameterStore<double>.Entry p in store.Parameters)
        {
            double[] value = store.Read(p.Var), numeric = new double[value.Length];
            for (int i = 0; i < value.Length; i++)
            {
                numeric[i] = Richardson(1e-4, step =>
                {
                    store.Write(p.Var, Shifted(value, i, step));
                    return Loss(b, backend, store, x, ct, ctLogDet, inverse);
                });
            }
            store.Write(p.Var, value);
            ReadOnlySpan<double> analytic = dp.AsSpan(at, value.Length);
            Close($"gradient of {p.Name}, {way}", analytic, numeric, 2e-6);
            // A learned inverse has no part in what is exact; its own tests see to its gradient.
            bool learned = b.HasLearnedInverse && p.Name.Contains(".decoder.", StringComparison.Ordinal);
            if (!learned && analytic.IndexOfAnyExcept(0.0) < 0) throw new BijectorFault("parameter gradient", $"{p.Name} gets none, {way}");
            at += value.Length;
        }

        // Twice the work with accumulate must be twice the gradient: += and not =.
        using var tape = new Tape<double>(backend, store);
        Var v = tape.Input(x, Rows, b.Dimension, needsGrad: true);
        Var loss = tape.Add(Weighted(b, tape, v, ct, ctLogDet, inverse), Weighted(b, tape, v, ct, ctLogDet, inverse));
        tape.Backward(loss);
        var twice = new double[x.Length];
        tape.ReadGrad(v, twice);
        Close($"gradient of two uses, {way}", twice, dx.Select(g => 2 * g).ToArray(), 1e-12);
        at = 0;
        foreach (ParameterStore<double>.Entry p in store.Parameters)
        {
            Close($"gradient of {p.Name} of two uses, {way}", store.ReadGradient(p.Var), dp.AsSpan(at, p.Var.Length).ToArray().Select(g => 2 * g).ToArray(), 1e-12);
            at += p.Var.Length;
        }
    }

    /// <summary>ct . J t must be the same number pushed forward and pulled back, over x and all parameters.</summary>
    private static void Tangents(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, bool inverse)
    {
        var random = new PhiloxNormals(31);
        double[] ct = random.Take(x.Length), ctLogDet = random.Take(Rows), tx = random.Take(x.Length);
        (double[] dx, double[] dp) = Gradient(b, backend, store, x, ct, ctLogDet, inverse);
        using var tape = new Tape<double>(backend, store);
        Var v = tape.Input(x, Rows, b.Dimension, needsGrad: true);
        Var loss = Weighted(b, tape, v, ct, ctLogDet, inverse);
        tape.ClearTangents();
        backend.Write(tx, tape.TangentOf(v));
        double pulled = 0;
        for (int i = 0; i < x.Length; i++) pulled += dx[i] * tx[i];
        int at = 0;
        foreach (ParameterStore<double>.Entry p in store.Parameters)
        {
            double[] tp = random.Take(p.Var.Length);
            backend.Write(tp, tape.TangentOf(p.Var));
            for (int i = 0; i < tp.Length; i++) pulled += dp[at + i] * tp[i];
            at += tp.Length;
        }
        tape.PushForward();
        var pushed = new double[1];
        backend.Read(tape.TangentOf(loss), pushed);
        Close($"jvp against vjp, {(inverse ? "inverse" : "forward")}", pushed, [pulled], 1e-10);
    }

    private static (double[] Dx, double[] Dp) Gradient(
        IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, double[] ct, double[] ctLogDet, bool inverse)
    {
        using var tape = new Tape<double>(backend, store);
        Var v = tape.Input(x, Rows, b.Dimension, needsGrad: true);
        tape.Backward(Weighted(b, tape, v, ct, ctLogDet, inverse));
        var dx = new double[x.Length];
        tape.ReadGrad(v, dx);
        return (dx, store.Parameters.SelectMany(p => store.ReadGradient(p.Var)).ToArray());
    }

    private static double Loss(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, double[] ct, double[] ctLogDet, bool inverse)
    {
        (double[] z, double[] logDet) = Run(b, backend, store, x, inverse);
        double sum = 0;
        for (int i = 0; i < z.Length; i++) sum += ct[i] * z[i];
        for (int r = 0; r < logDet.Length; r++) sum += ctLogDet[r] * logDet[r];
        return sum;
    }

    // sum(ct z) + sum(ct' log-det) as matrix products: trace-free, with the ops at hand.
    private static Var Weighted(IBijector<double> b, Tape<double> tape, Var v, double[] ct, double[] ctLogDet, bool inverse)
    {
        FlowStep step = Record(b, tape, v, inverse);
        Var weights = tape.Input(ct, 1, ct.Length);
        Var first = tape.MatMul(weights, step.Output.Reshape(ct.Length, 1));
        Var second = step.LogAbsDet.Length == 1
            ? tape.Scale(step.LogAbsDet, ctLogDet.Sum())
            : tape.MatMul(tape.Input(ctLogDet, 1, ctLogDet.Length), step.LogAbsDet);
        return tape.Add(first, second);
    }

    private static double[] Shifted(double[] values, int i, double step)
    {
        double[] moved = (double[])values.Clone();
        moved[i] += step;
        return moved;
    }

    private static double Richardson(double h, Func<double, double> f)
    {
        double coarse = (f(h) - f(-h)) / (2 * h), fine = (f(h / 2) - f(-h / 2)) / h;
        return (4 * fine - coarse) / 3;
    }
}

/// <summary>A bijector broke a rule.</summary>
public sealed class BijectorFault(string rule, string how) : Exception($"{rule}: {how}")
{
    /// <summary>Which rule.</summary>
    public string Rule { get; } = rule;
}
