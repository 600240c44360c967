using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Dormand-Prince 5(4). Every row has a time and a step of its own, so that no sample depends on the others of its batch; steps are chosen from values alone and are
/// constants in the gradient, which goes through the steps that were accepted.
/// </summary>
/// <remarks>An attempt in which a row is rejected is thrown away whole and made again with shorter steps for those rows. A row that has arrived waits with steps of length 0.</remarks>
internal static class AdaptiveSteps<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static (Var X, Var Q, OdeReport Report) Record(Tape<T> tape, in OdeField<T> field, in OdeSolver solver, Var x0, double start, double end)
    {
        int rows = x0.Rows;
        using var control = new StepControl<T>(solver, rows, x0.Cols + field.Quantities, start, end);
        bool keeps = !tape.RecordsGradients;
        Var x = BijectorGuard.NotDetached(tape, x0), sum = tape.Constant(0, rows, field.Quantities);
        (Var k, Var q) = field.Record(tape, tape.Constant(start, rows), x);
        int evaluations = 1, rejected = 0, steps = 0;
        control.Start(tape, x, k);
        Var keptX = x, keptSum = sum, keptK = k, keptQ = q;
        if (keeps)
        {
            keptX = Kept(tape, x);
            keptSum = Kept(tape, sum);
            keptK = Kept(tape, k);
            keptQ = Kept(tape, q);
            (x, sum, k, q) = (keptX, keptSum, keptK, keptQ);
        }
        while (control.Next())
        {
            TapeMark mark = tape.Mark();
            Var newX, newSum, newK, newQ;
            while (true)
            {
                (newX, newSum, newK, newQ) = Attempt(tape, field, in control, x, sum, k, q);
                evaluations += 6;
                if (control.Accepts()) break;
                rejected++;
                tape.Release(mark);
            }
            steps++;
            (x, sum, k, q) = (newX, newSum, newK, newQ);
            if (!keeps) continue;
            Copy(tape, x, keptX);
            Copy(tape, sum, keptSum);
            Copy(tape, k, keptK);
            Copy(tape, q, keptQ);
            tape.Release(mark);
            (x, sum, k, q) = (keptX, keptSum, keptK, keptQ);
        }
        return (x, sum, new OdeReport(evaluations, steps, rejected, solver));
    }

    private static (Var X, Var Sum, Var K, Var Q) Attempt(Tape<T> tape, in OdeField<T> field, in StepControl<T> control, Var x, Var sum, Var k1, Var q1)
    {
        Tableau method = Tableau.Of(OdeMethod.Dopri5);
        Span<Var> k = stackalloc Var[Tableau.MostStages], q = stackalloc Var[Tableau.MostStages];
        (k[0], q[0]) = (k1, q1);
        (Var t, Var h) = control.Columns(tape);
        Var at = x;
        for (int i = 1; i < method.Stages; i++)
        {
            at = tape.Add(x, tape.Multiply(Sum(tape, k, method.A[i]), h));
            (k[i], q[i]) = field.Record(tape, AddOp<T>.Record(tape, t, h, method.C[i]), at);
        }
        // The last stage is evaluated at the new state.
        Var newSum = tape.Add(sum, tape.Multiply(Sum(tape, q, method.B), h));
        Judge(tape, in control, method, k, q, h, x, sum, at, newSum);
        return (at, newSum, k[^1], q[^1]);
    }

    // Values only: the error estimate next to the states that it is measured against.
    private static void Judge(Tape<T> tape, in StepControl<T> control, Tableau method, ReadOnlySpan<Var> k, ReadOnlySpan<Var> q, Var h, Var x, Var sum, Var newX, Var newSum)
    {
        TapeMark mark = tape.Mark();
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        try
        {
            Var error = tape.Multiply(tape.ConcatColumns(Sum(tape, k, method.Error), Sum(tape, q, method.Error)), h);
            control.Judge(tape, error, tape.ConcatColumns(x, sum), tape.ConcatColumns(newX, newSum));
        }
        finally
        {
            tape.RecordsGradients = recorded;
            tape.Release(mark);
        }
    }

    private static Var Sum(Tape<T> tape, ReadOnlySpan<Var> k, ReadOnlySpan<double> weights) => OdeField<T>.Combine(tape, tape.Scale(k[0], weights[0]), k[1..], weights[1..], 1);

    private static Var Kept(Tape<T> tape, Var v)
    {
        Var copy = tape.Allocate(v.Rows, v.Cols, false);
        Copy(tape, v, copy);
        return copy;
    }

    private static void Copy(Tape<T> tape, Var from, Var to) => BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(from), tape.ValueOf(to));
}
