using System.Buffers;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Solves f(x) = z row by row by Newton's method with a shortened step where the full one does not lower |f(x) - z|. Values only.</summary>
internal static class NewtonInverse<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MostSteps = 100, MostHalvings = 30;

    /// <summary>Improves the constant <paramref name="x"/> [rows x D] in place until Newton's step of every row is below 64 units in the last place of max(1, |x|, |z|).</summary>
    /// <exception cref="NotConvergedException">A row did not get there: f has no such point near the start, or is singular on the way.</exception>
    public static void Solve(Tape<T> tape, SkipMlp<T> map, Var x, Var z, string kind)
    {
        int rows = x.Rows, cols = x.Cols;
        ArrayPool<T> pool = ArrayPool<T>.Shared;
        T[] point = pool.Rent(x.Length), step = pool.Rent(x.Length), target = pool.Rent(x.Length), value = pool.Rent(x.Length);
        double[] gap = ArrayPool<double>.Shared.Rent(rows), share = ArrayPool<double>.Shared.Rent(rows);
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        try
        {
            tape.Read(x, point.AsSpan(0, x.Length));
            tape.Read(z, target.AsSpan(0, x.Length));
            double accepted = 64 * Precision<T>.Epsilon;
            for (int round = 0; round < MostSteps; round++)
            {
                TapeMark mark = tape.Mark();
                Var y = map.Record(tape, x), jacobian = ExactJacobian.Record(tape, y, x, ExactJacobian.Basis(tape, rows, cols));
                tape.Read(y, value.AsSpan(0, x.Length));
                for (int r = 0; r < rows; r++) (gap[r], share[r]) = (Distance(value, target, r * cols, cols), 1);
                try
                {
                    tape.Read(tape.BatchedSolve(jacobian, tape.Subtract(y, z)), step.AsSpan(0, x.Length));
                }
                catch (SingularMatrixException)
                {
                    // f has run flat: it does not reach this z, or not from here.
                    Refuse(kind, gap, share, rows, round);
                }
                tape.Release(mark);
                bool done = true;
                for (int r = 0; r < rows; r++)
                {
                    int at = r * cols;
                    double length = Math.Max(1, Math.Max(Length(point, at, cols), Length(target, at, cols)));
                    // A row that is no number is not waited for. 0: this row stays.
                    share[r] = Length(step, at, cols) > accepted * length ? 1 : 0;
                    done &= share[r] == 0;
                }
                if (done) return;
                Shorten(tape, map, x, point, step, target, value, gap, share);
            }
            Refuse(kind, gap, share, rows, MostSteps);
        }
        finally
        {
            tape.RecordsGradients = recorded;
            foreach (T[] array in (ReadOnlySpan<T[]>)[point, step, target, value]) pool.Return(array);
            ArrayPool<double>.Shared.Return(gap);
            ArrayPool<double>.Shared.Return(share);
        }

        // Goes by shares of the step until every moving row is nearer to its target; x and point get the new values.
        void Shorten(Tape<T> tape, SkipMlp<T> map, Var x, T[] point, T[] step, T[] target, T[] value, double[] gap, double[] share)
        {
            for (int halving = 0; halving <= MostHalvings; halving++)
            {
                for (int i = 0; i < x.Length; i++) value[i] = point[i] - (T.CreateTruncating(share[i / cols]) * step[i]);
                tape.Backend.Write(value.AsSpan(0, x.Length), tape.ValueOf(x));
                TapeMark mark = tape.Mark();
                tape.Read(map.Record(tape, x), value.AsSpan(0, x.Length));
                tape.Release(mark);
                bool nearer = true;
                for (int r = 0; r < rows; r++)
                {
                    double now = Distance(value, target, r * cols, cols);
                    if (share[r] == 0 || now < gap[r] || now <= 4 * Precision<T>.Epsilon * Length(target, r * cols, cols)) continue;
                    share[r] /= 2;
                    nearer = false;
                }
                if (!nearer) continue;
                tape.Read(x, point.AsSpan(0, x.Length));
                return;
            }
            Refuse(kind, gap, share, rows, MostHalvings);
        }
    }

    private static void Refuse(string kind, double[] gap, double[] share, int rows, int steps)
    {
        int worst = -1;
        for (int r = 0; r < rows; r++)
            if (share[r] != 0 && !double.IsNaN(gap[r]) && (worst < 0 || gap[r] > gap[worst])) worst = r;
        throw new NotConvergedException($"{kind}: the inverse of row {worst} is still off by {(worst < 0 ? double.NaN : gap[worst]):G2} in z after {steps} Newton steps; the encoder need not reach every z. Take the learned inverse, train with a larger weight, or compute in double.");
    }

    private static double Length(T[] a, int at, int cols)
    {
        double sum = 0;
        for (int i = at; i < at + cols; i++) sum += double.CreateTruncating(a[i]) * double.CreateTruncating(a[i]);
        return Math.Sqrt(sum);
    }

    private static double Distance(T[] a, T[] b, int at, int cols)
    {
        double sum = 0;
        for (int i = at; i < at + cols; i++)
        {
            double d = double.CreateTruncating(a[i]) - double.CreateTruncating(b[i]);
            sum += d * d;
        }
        return Math.Sqrt(sum);
    }
}
