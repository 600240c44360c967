using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Equal steps of a Runge-Kutta method, all recorded: gradients are those of the discrete map. Without gradients the memory of a step is given back when it is done.</summary>
internal static class FixedSteps<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static (Var X, Var Q, OdeReport Report) Record(Tape<T> tape, in OdeField<T> field, in OdeSolver solver, Var x0, double start, double end)
    {
        Tableau method = Tableau.Of(solver.Method);
        Span<Var> k = stackalloc Var[method.Stages], q = stackalloc Var[method.Stages];
        double h = (end - start) / solver.Steps;
        Var keptX = Var.None, keptQ = Var.None;
        if (!tape.RecordsGradients) (keptX, keptQ) = (tape.Allocate(x0.Rows, x0.Cols, false), tape.Allocate(x0.Rows, field.Quantities, false));
        Var x = BijectorGuard.NotDetached(tape, x0), sum = tape.Constant(0, x.Rows, field.Quantities);
        for (int n = 0; n < solver.Steps; n++)
        {
            TapeMark mark = tape.Mark();
            double t = start + ((end - start) * n / solver.Steps);
            for (int i = 0; i < method.Stages; i++)
            {
                Var at = OdeField<T>.Combine(tape, x, k, method.A[i], h);
                (k[i], q[i]) = field.Record(tape, tape.Constant(t + (method.C[i] * h), x.Rows), at);
            }
            x = OdeField<T>.Combine(tape, x, k, method.B, h);
            sum = OdeField<T>.Combine(tape, sum, q, method.B, h);
            if (keptX.IsNone) continue;
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(x), tape.ValueOf(keptX));
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(sum), tape.ValueOf(keptQ));
            tape.Release(mark);
            (x, sum) = (keptX, keptQ);
        }
        return (x, sum, new OdeReport(solver.Steps * method.Stages, solver.Steps, 0, solver));
    }
}
