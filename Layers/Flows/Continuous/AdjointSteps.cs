using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Memory of one backward solve.</summary>
/// <param name="State">State x, then adjoint a; start values in, result out.</param>
/// <param name="Stage">Where a stage is evaluated.</param>
/// <param name="Error">Error estimate.</param>
/// <param name="Slopes">Derivatives of the stages.</param>
/// <param name="Gradient">Gradient of all parameters, added to.</param>
/// <param name="Pending">What the attempt under way would add.</param>
internal readonly record struct AdjointWork<T>(Slice State, Slice Stage, Slice Error, Slice Slopes, Slice Gradient, Slice Pending) where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>Integrates state, adjoint and parameter gradient; one step length for the whole batch.</summary>
internal static class AdjointSteps<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static OdeReport Run(Tape<T> tape, in OdeField<T> field, in OdeSolver solver, in AdjointWork<T> work, ReadOnlySpan<Var> parameters, Var weight, double start, double end)
    {
        Tableau method = Tableau.Of(solver.Method);
        IBackend<T> backend = tape.Backend;
        double span = Math.Abs(end - start), sign = Math.Sign(end - start), t = start, h = span / (solver.IsAdaptive ? 16 : solver.Steps);
        int steps = 0, rejected = 0, evaluations = 0;
        while (solver.IsAdaptive ? t != end : steps < solver.Steps)
        {
            double left = Math.Abs(end - t);
            if (solver.IsAdaptive && h >= 0.999 * left) h = left;
            BasicKernels<T>.Fill(backend, work.Pending, 0);
            for (int i = 0; i < method.Stages; i++)
            {
                Combine(backend, work, method.A[i], sign * h, work.Stage);
                Evaluate(tape, field, work, parameters, weight, t + (sign * method.C[i] * h), i, sign * h * method.B[i]);
            }
            evaluations += method.Stages;
            double error = 0;
            if (solver.IsAdaptive)
            {
                Combine(backend, work, method.B, sign * h, work.Stage);
                error = WorstError(tape, solver, method, work, sign * h, weight.Rows);
                if (!(error <= 1))
                {
                    rejected++;
                    h *= double.IsFinite(error) ? Math.Max(0.2, 0.9 * Math.Pow(error, -0.2)) : 0.2;
                    if (h < 1e-14 * span) throw new NotConvergedException($"cnf: the step of the adjoint at t = {t:G4} fell below {h:G2}; raise the tolerances, regularise the field, or compute in double.");
                    continue;
                }
            }
            Combine(backend, work, method.B, sign * h, work.Stage);
            BasicKernels<T>.Copy(backend, work.Stage, work.State);
            BasicKernels<T>.AddScaled(backend, work.Pending, work.Gradient);
            steps++;
            t = solver.IsAdaptive ? (h == left ? end : t + (sign * h)) : start + ((end - start) * steps / solver.Steps);
            if (solver.IsAdaptive) h *= error == 0 ? 10 : Math.Clamp(0.9 * Math.Pow(error, -0.2), 0.2, 10);
        }
        return new OdeReport(evaluations, steps, rejected, solver);
    }

    // Slopes of x and a at the stage, and the parameters' share of the step: -h b times the gradient there, since time runs against the solve.
    private static void Evaluate(Tape<T> tape, in OdeField<T> field, in AdjointWork<T> work, ReadOnlySpan<Var> parameters, Var weight, double t, int stage, double share)
    {
        IBackend<T> backend = tape.Backend;
        int length = work.State.Length / 2, rows = weight.Rows, cols = length / rows;
        TapeMark mark = tape.Mark();
        Var x = tape.Allocate(rows, cols, needsGrad: true), a = tape.Allocate(rows, cols, needsGrad: false);
        BasicKernels<T>.Copy(backend, work.Stage.Part(0, length), tape.ValueOf(x));
        BasicKernels<T>.Copy(backend, work.Stage.Part(length, length), tape.ValueOf(a));
        (Var f, Var q) = field.Record(tape, tape.Constant(t, rows), x);
        tape.Backward(tape.Add(tape.Sum(tape.Multiply(a, f)), tape.Sum(tape.Multiply(weight, q))));
        Slice slope = work.Slopes.Part(stage * 2 * length, 2 * length);
        BasicKernels<T>.Copy(backend, tape.ValueOf(f), slope.Part(0, length));
        BasicKernels<T>.Scale(backend, tape.GradOf(x), slope.Part(length, length), -1);
        if (share != 0)
        {
            int at = 0;
            foreach (Var p in parameters)
            {
                BasicKernels<T>.AddScaled(backend, tape.GradOf(p), work.Pending.Part(at, p.Length), -share);
                at += p.Length;
            }
        }
        tape.Release(mark);
    }

    // to := state + h sum_i weights_i slopes_i.
    private static void Combine(IBackend<T> backend, in AdjointWork<T> work, ReadOnlySpan<double> weights, double h, Slice to)
    {
        BasicKernels<T>.Copy(backend, work.State, to);
        for (int i = 0; i < weights.Length; i++)
            if (weights[i] != 0) BasicKernels<T>.AddScaled(backend, work.Slopes.Part(i * to.Length, to.Length), to, h * weights[i]);
    }

    // The largest root mean square of a row, of x and of a, relative to the tolerances; the new state lies in Stage.
    private static double WorstError(Tape<T> tape, in OdeSolver solver, Tableau method, in AdjointWork<T> work, double h, int rows)
    {
        IBackend<T> backend = tape.Backend;
        int n = work.State.Length, cols = n / 2 / rows;
        BasicKernels<T>.Fill(backend, work.Error, 0);
        for (int i = 0; i < method.Error.Length; i++)
            if (method.Error[i] != 0) BasicKernels<T>.AddScaled(backend, work.Slopes.Part(i * n, n), work.Error, h * method.Error[i]);
        T[] rented = System.Buffers.ArrayPool<T>.Shared.Rent(3 * n);
        try
        {
            Span<T> e = rented.AsSpan(0, n), old = rented.AsSpan(n, n), now = rented.AsSpan(2 * n, n);
            backend.Read(work.Error, e);
            backend.Read(work.State, old);
            backend.Read(work.Stage, now);
            double worst = 0;
            for (int r = 0; r < 2 * rows; r++)
            {
                double sum = 0;
                for (int i = r * cols; i < (r + 1) * cols; i++)
                {
                    double size = Math.Max(Math.Abs(double.CreateTruncating(old[i])), Math.Abs(double.CreateTruncating(now[i])));
                    double ratio = double.CreateTruncating(e[i]) / (solver.AbsoluteTolerance + (solver.RelativeTolerance * size));
                    sum += ratio * ratio;
                }
                double error = Math.Sqrt(sum / cols);
                if (double.IsNaN(error)) return error;
                worst = Math.Max(worst, error);
            }
            return worst;
        }
        finally
        {
            System.Buffers.ArrayPool<T>.Shared.Return(rented);
        }
    }
}
