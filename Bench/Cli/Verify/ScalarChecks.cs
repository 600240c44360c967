using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Group linalg, functions of numbers and of rows: through the tape where an op exists, else the special functions.</summary>
internal static class ScalarChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("scalar_functions", new FixtureCheck<T>(["x", "u", "positive"], Functions));
        table.Add("reductions", new FixtureCheck<T>(["x"], Reductions));
    }

    private static void Functions<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(run.Backend);
        tape.RecordsGradients = false;
        T[] x = run.Values("x"), u = run.Values("u"), positive = run.Values("positive");
        Var vx = tape.Input(x, 1, x.Length), vu = tape.Input(u, 1, u.Length), vp = tape.Input(positive, 1, positive.Length);
        T limit = T.CreateTruncating(50);
        Var clamped = tape.Input(Array.ConvertAll(x, v => T.Clamp(v, -limit, limit)), 1, x.Length);
        run.Compare("sigmoid", tape, tape.Sigmoid(vx));
        run.Compare("log_sigmoid", tape, tape.LogSigmoid(vx));
        run.Compare("softplus", tape, tape.Softplus(vx));
        run.Compare("tanh", tape, tape.Tanh(vx));
        run.Compare("arcsinh", tape, tape.Asinh(vx));
        run.Compare("expm1_small", tape, tape.Expm1(clamped));
        run.Compare("logit", tape, tape.Logit(vu));
        run.Compare("log1p", tape, tape.Log1p(vp));
        run.Compare("erf", Array.ConvertAll(x, SpecialFunctions.Erf));
        run.Compare("ndtr", Array.ConvertAll(x, SpecialFunctions.Ndtr));
        run.Compare("log_ndtr", Array.ConvertAll(x, SpecialFunctions.LogNdtr));
        run.Compare("log_cosh", Array.ConvertAll(x, SpecialFunctions.LogCosh));
        run.Compare("ndtri", Array.ConvertAll(u, SpecialFunctions.Ndtri));
        run.Compare("erfinv_2u_minus_1", Array.ConvertAll(u, v => SpecialFunctions.Erfinv(v + v - T.One)));
        run.Compare("lgamma", Array.ConvertAll(positive, SpecialFunctions.LogGamma));
        run.Compare("digamma", Array.ConvertAll(positive, SpecialFunctions.Digamma));
        run.Compare("log_expm1", Array.ConvertAll(positive, SpecialFunctions.LogExpm1));
        run.Compare("log_sinh", Array.ConvertAll(positive, SpecialFunctions.LogSinh));
    }

    private static void Reductions<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        using var tape = new Tape<T>(run.Backend);
        tape.RecordsGradients = false;
        Var x = run.Load(tape, "x", rows, cols);
        Var logSumExp = tape.RowLogSumExp(x);
        run.Compare("logsumexp", tape, logSumExp);
        run.Compare("softmax", tape, tape.RowSoftmax(x));
        run.Compare("log_softmax", tape, tape.Subtract(x, logSumExp));
        run.Compare("sum", tape, tape.SumColumns(x));
        run.Compare("mean", tape, tape.SumColumns(x, 1.0 / cols));

        T[] values = run.Values("x"), row = new T[rows], all = new T[values.Length];
        RowReductions.Variance<T>(values, rows, cols, true, row);
        run.Compare("var_unbiased", row);
        RowReductions.Variance<T>(values, rows, cols, false, row);
        run.Compare("var_biased", row);
        RowReductions.CumulativeSum<T>(values, rows, cols, all);
        run.Compare("cumsum", all);
    }
}
