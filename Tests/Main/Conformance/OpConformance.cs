using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>
/// What every op must satisfy, as a list of failures: an empty list means that the op conforms. All in double, on random inputs of
/// fixed seed. Differences of the scalar loss sum_i v_i sin(y_i) stand against the op's own derivatives, so that the reference
/// uses nothing of the engine but the forward pass.
/// </summary>
public static class OpConformance
{
    // |a - b| <= tolerance * max(|a|, |b|, floor): relative, with the floor of an ordinary number of these cases.
    private const double Floor = 0.05;

    /// <summary>Runs every check.</summary>
    public static List<string> Check(OpCase<double> c, Func<IBackend<double>> makeBackend)
    {
        var failures = new List<string>();
        using IBackend<double> backend = makeBackend();
        var random = new Random(4711);
        double[][] x = [.. c.Inputs.Select(i => i.Draw(random))];
        double[][] u = [.. c.Inputs.Select(i => Normal(random, i.Rows * i.Cols))];
        using var run = new OpRun<double>(c, backend, x);
        double[] y = run.Value(x);
        double[] v = Normal(random, y.Length);
        if (y.Any(value => !double.IsFinite(value))) failures.Add("value: not finite");

        if (!c.GradientIsSurrogate)
        {
            VjpAgainstDifferences(c, run, x, v, failures);
            OrderOfDifferences(c, run, x, u, v, failures);
            VjpAgainstJvp(c, run, x, u, v, failures);
        }
        JvpAgainstDifferences(c, run, x, u, failures);
        Accumulation(c, run, x, v, backend, failures);
        ClaimedGradients(c, run, x, v, backend, failures);
        AbsentGradients(c, run, x, v, failures);
        ZeroAllocation(c, run, x, u, v, backend, failures);
        run.Record();
        if (c.Recorded && run.Tape.Node(run.Tape.Count - 1).Op.HasRecordedDerivatives)
        {
            RecordedDerivatives(c, run, x, u, v, failures);
            SecondDerivatives(c, backend, x, v, random, failures);
        }
        return failures;
    }

    private static double Loss(OpRun<double> run, double[][] x, double[] v)
    {
        double[] y = run.Value(x);
        double sum = 0;
        for (int i = 0; i < y.Length; i++) sum += v[i] * Math.Sin(y[i]);
        return sum;
    }

    private static double[] LossSeed(OpRun<double> run, double[][] x, double[] v)
        => [.. run.Value(x).Zip(v, (y, w) => w * Math.Cos(y))];

    private static void VjpAgainstDifferences(OpCase<double> c, OpRun<double> run, double[][] x, double[] v, List<string> failures)
    {
        const double H = 1e-5;
        double[]?[] g = run.Vjp(LossSeed(run, x, v));
        for (int k = 0; k < x.Length; k++)
        {
            if (!c.Inputs[k].Differentiable) continue;
            for (int i = 0; i < x[k].Length; i++)
            {
                double difference = (Loss(run, Moved(x, k, i, H), v) - Loss(run, Moved(x, k, i, -H), v)) / (2 * H);
                if (Far(g[k]![i], difference, 1e-6)) { failures.Add($"vjp: input {k}, element {i}: {g[k]![i]}, differences say {difference}"); break; }
            }
        }
        run.Set(x);
    }

    // The error of a central difference is c h^2: halving h divides it by four. A wrong gradient leaves an error that does not fall.
    private static void OrderOfDifferences(OpCase<double> c, OpRun<double> run, double[][] x, double[][] u, double[] v, List<string> failures)
    {
        double[]?[] g = run.Vjp(LossSeed(run, x, v));
        double norm = Math.Sqrt(u.Where((_, k) => c.Inputs[k].Differentiable).Sum(d => d.Sum(w => w * w)));
        double exact = 0;
        for (int k = 0; k < x.Length; k++)
            if (c.Inputs[k].Differentiable) exact += Dot(g[k]!, u[k]) / norm;
        double Error(double h) => (Loss(run, Along(c, x, u, h / norm), v) - Loss(run, Along(c, x, u, -h / norm), v)) / (2 * h) - exact;
        double coarse = Error(0.04), fine = Error(0.02), finest = Error(0.01);
        run.Set(x);
        // A locally constant value (the derivative of a piecewise linear function) leaves no error at all.
        if (Math.Max(Math.Abs(coarse), Math.Abs(fine)) < 1e-12) return;
        double ratio = fine / finest, before = coarse / fine;
        if (!(ratio > 3.5 && ratio < 4.5)) failures.Add($"order: the error of differences falls by {before:g4} and {ratio:g4} per halving (errors {coarse:g3}, {fine:g3}, {finest:g3}); it must fall by 4");
    }

    private static void VjpAgainstJvp(OpCase<double> c, OpRun<double> run, double[][] x, double[][] u, double[] v, List<string> failures)
    {
        run.Set(x);
        double[]?[] g = run.Vjp(v);
        double left = Dot(v, run.Jvp(u)), right = 0, scale = 0;
        for (int k = 0; k < x.Length; k++)
        {
            if (!c.Inputs[k].Differentiable) continue;
            right += Dot(g[k]!, u[k]);
            scale += Dot([.. g[k]!.Select(Math.Abs)], [.. u[k].Select(Math.Abs)]);
        }
        if (!(Math.Abs(left - right) <= 1e-12 * Math.Max(scale, Floor))) failures.Add($"jvp: <v, J u> = {left}, <J^T v, u> = {right}");
    }

    private static void JvpAgainstDifferences(OpCase<double> c, OpRun<double> run, double[][] x, double[][] u, List<string> failures)
    {
        const double H = 1e-5;
        run.Set(x);
        double[] jvp = run.Jvp(u);
        double[] plus = run.Value(Along(c, x, u, H)), minus = run.Value(Along(c, x, u, -H));
        run.Set(x);
        for (int i = 0; i < jvp.Length; i++)
        {
            double difference = (plus[i] - minus[i]) / (2 * H);
            if (Far(jvp[i], difference, 1e-6)) { failures.Add($"jvp: element {i}: {jvp[i]}, differences say {difference}"); break; }
        }
    }

    private static void Accumulation(OpCase<double> c, OpRun<double> run, double[][] x, double[] v, IBackend<double> backend, List<string> failures)
    {
        run.Set(x);
        double[]?[] g = run.Vjp(v);
        run.Record();
        run.Tape.BeginBackward(run.Output, v);
        for (int k = 0; k < x.Length; k++)
            if (c.Inputs[k].Differentiable) backend.Write([.. Enumerable.Range(0, x[k].Length).Select(i => 3.0 + i)], run.Tape.GradOf(run.Inputs[k]));
        while (run.Tape.StepBackward() >= 0) { }
        double[]?[] added = run.Gradients();
        for (int k = 0; k < x.Length; k++)
            for (int i = 0; c.Inputs[k].Differentiable && i < x[k].Length; i++)
                if (!(Math.Abs(added[k]![i] - (3.0 + i) - g[k]![i]) <= 1e-12 * (Math.Abs(g[k]![i]) + 3 + i)))
                {
                    failures.Add($"accumulation: input {k}, element {i}: {g[k]![i]} added to {3.0 + i} gave {added[k]![i]}");
                    break;
                }
    }

    // Gradient memory that nobody has written yet holds anything: an op may overwrite what it claims, and must not read it.
    private static void ClaimedGradients(OpCase<double> c, OpRun<double> run, double[][] x, double[] v, IBackend<double> backend, List<string> failures)
    {
        run.Set(x);
        double[]?[] g = run.Vjp(v);
        run.Record();
        run.Tape.BeginBackward(run.Output, v);
        for (int k = 0; k < x.Length; k++)
            if (c.Inputs[k].Differentiable) backend.Write([.. Enumerable.Repeat(double.NaN, x[k].Length)], run.Tape.GradOf(run.Inputs[k]));
        double[]?[] again = run.Vjp(v);
        for (int k = 0; k < x.Length; k++)
            if (c.Inputs[k].Differentiable && !again[k]!.AsSpan().SequenceEqual(g[k]!)) failures.Add($"claimed gradient: that of input {k} depends on what its memory held before");
    }

    private static void AbsentGradients(OpCase<double> c, OpRun<double> run, double[][] x, double[] v, List<string> failures)
    {
        run.Set(x);
        double[]?[] all = run.Vjp(v);
        int[] wanted = [.. Enumerable.Range(0, x.Length).Where(k => c.Inputs[k].Differentiable)];
        if (wanted.Length < 2) return;
        foreach (int without in wanted)
        {
            run.Record(without);
            run.Tape.BeginBackward(run.Output, v);
            // Asked for before the walk, so that what is found there afterwards was written by the op.
            Slice absent = run.Tape.GradOf(run.Inputs[without] with { NeedsGrad = true });
            while (run.Tape.StepBackward() >= 0) { }
            double[]?[] g = run.Gradients();
            if (run.Get(absent).Any(value => value != 0))
                failures.Add($"absent gradient: input {without} wants none, but something was written");
            foreach (int k in wanted)
                if (k != without && !g[k]!.AsSpan().SequenceEqual(all[k])) failures.Add($"absent gradient: without that of input {without}, the gradient of input {k} changes");
        }
    }

    private static void ZeroAllocation(OpCase<double> c, OpRun<double> run, double[][] x, double[][] u, double[] v, IBackend<double> backend, List<string> failures)
    {
        run.Set(x);
        void Step()
        {
            run.Record();
            run.Tape.Backward(run.Output, v);
            run.Tape.ClearTangents();
            for (int k = 0; k < u.Length; k++)
                if (c.Inputs[k].Differentiable) backend.Write(u[k], run.Tape.TangentOf(run.Inputs[k]));
            run.Tape.PushForward();
        }
        for (int i = 0; i < 3; i++) Step();
        int growths = run.Tape.Growths;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) Step();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        if (bytes != 0) failures.Add($"allocation: 10 steps allocated {bytes} bytes");
        if (run.Tape.Growths != growths) failures.Add("allocation: the arena grew after the first step");
    }

    private static void RecordedDerivatives(OpCase<double> c, OpRun<double> run, double[][] x, double[][] u, double[] v, List<string> failures)
    {
        run.Set(x);
        double[]?[] g = run.Vjp(v);
        for (int k = 0; k < x.Length; k++)
        {
            if (!c.Inputs[k].Differentiable) continue;
            run.Record();
            Var seed = run.Tape.Input(v, run.Output.Rows, run.Output.Cols);
            Var vjp = run.Tape.Vjp(run.Output, run.Inputs[k], seed);
            Compare($"recorded vjp of input {k}", run.Get(run.Tape.ValueOf(vjp)), g[k]!, failures);

            double[][] only = [.. u.Select((d, i) => i == k ? d : new double[d.Length])];
            double[] numeric = run.Jvp(only);
            run.Record();
            Var tangent = run.Tape.Input(u[k], c.Inputs[k].Rows, c.Inputs[k].Cols);
            Var jvp = run.Tape.Jvp(run.Output, run.Inputs[k], tangent);
            Compare($"recorded jvp of input {k}", run.Get(run.Tape.ValueOf(jvp)), numeric, failures);
        }
    }

    // The recorded vjp of one input is a case of its own, in all inputs and in the cotangent: its vjp holds the second derivatives.
    private static void SecondDerivatives(OpCase<double> c, IBackend<double> backend, double[][] x, double[] v, Random random, List<string> failures)
    {
        for (int k = 0; k < x.Length; k++)
        {
            if (!c.Inputs[k].Differentiable) continue;
            int input = k;
            int rows, cols;
            using (var first = new OpRun<double>(c, backend, x))
            {
                first.Record();
                (rows, cols) = (first.Output.Rows, first.Output.Cols);
            }
            foreach (bool forward in (bool[])[false, true])
            {
                InputSpec extra = forward ? c.Inputs[k] with { Domain = Domain.Normal, Values = null } : new InputSpec(rows, cols);
                var derivative = new OpCase<double>(c.Op, c.Label, [.. c.Inputs, extra], (tape, vars) =>
                {
                    Var y = c.Record(tape, vars[..^1]);
                    return forward ? tape.Jvp(y, vars[input], vars[^1]) : tape.Vjp(y, vars[input], vars[^1]);
                });
                double[][] point = [.. x, forward ? Normal(random, x[k].Length) : v];
                using var run = new OpRun<double>(derivative, backend, point);
                double[] w = Normal(random, run.Value(point).Length);
                var found = new List<string>();
                VjpAgainstDifferences(derivative, run, point, w, found);
                failures.AddRange(found.Select(f => $"second derivatives ({(forward ? "jvp" : "vjp")} of input {input}): {f}"));
            }
        }
    }

    private static void Compare(string what, double[] got, double[] wanted, List<string> failures)
    {
        if (got.Length != wanted.Length) { failures.Add($"{what}: {got.Length} numbers, expected {wanted.Length}"); return; }
        for (int i = 0; i < got.Length; i++)
            if (Far(got[i], wanted[i], 1e-11)) { failures.Add($"{what}: element {i} is {got[i]}, the numeric one {wanted[i]}"); return; }
    }

    // Written so that a NaN is far from everything.
    private static bool Far(double a, double b, double tolerance) => !(Math.Abs(a - b) <= tolerance * Math.Max(Floor, Math.Max(Math.Abs(a), Math.Abs(b))));

    private static double[][] Moved(double[][] x, int k, int i, double h)
    {
        double[][] moved = [.. x];
        moved[k] = [.. x[k]];
        moved[k][i] += h;
        return moved;
    }

    private static double[][] Along(OpCase<double> c, double[][] x, double[][] u, double h)
        => [.. x.Select((a, k) => c.Inputs[k].Differentiable ? a.Select((value, i) => value + h * u[k][i]).ToArray() : a)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (p, q) => p * q).Sum();

    private static double[] Normal(Random random, int length)
    {
        var x = new double[length];
        for (int i = 0; i < length; i++) x[i] = InputSpec.Gaussian(random);
        return x;
    }
}
