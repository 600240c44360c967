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
        double[] x = run.Input("x"), u = run.Input("u"), positive = run.Input("positive");
        double[] clamped = Array.ConvertAll(x, static v => Math.Clamp(v, -50, 50)), doubled = Array.ConvertAll(u, static v => 2 * v - 1);

        Op(run, tape, "sigmoid", x, tape.Sigmoid, SpecialFunctions.Sigmoid);
        Op(run, tape, "log_sigmoid", x, tape.LogSigmoid, SpecialFunctions.LogSigmoid);
        Op(run, tape, "softplus", x, tape.Softplus, SpecialFunctions.Softplus);
        Op(run, tape, "tanh", x, tape.Tanh, Math.Tanh);
        Op(run, tape, "arcsinh", x, tape.Asinh, SpecialFunctions.Arcsinh);
        Op(run, tape, "expm1_small", clamped, tape.Expm1, SpecialFunctions.Expm1);
        Op(run, tape, "logit", u, tape.Logit, SpecialFunctions.Logit);
        Op(run, tape, "log1p", positive, tape.Log1p, SpecialFunctions.Log1p);
        Special(run, "erf", x, SpecialFunctions.Erf, SpecialFunctions.Erf);
        Special(run, "ndtr", x, SpecialFunctions.Ndtr, SpecialFunctions.Ndtr);
        Special(run, "log_ndtr", x, SpecialFunctions.LogNdtr, SpecialFunctions.LogNdtr);
        Special(run, "log_cosh", x, SpecialFunctions.LogCosh, SpecialFunctions.LogCosh);
        Special(run, "ndtri", u, SpecialFunctions.Ndtri, SpecialFunctions.Ndtri);
        Special(run, "erfinv_2u_minus_1", doubled, SpecialFunctions.Erfinv, SpecialFunctions.Erfinv);
        Special(run, "lgamma", positive, SpecialFunctions.LogGamma, SpecialFunctions.LogGamma);
        Special(run, "digamma", positive, SpecialFunctions.Digamma, SpecialFunctions.Digamma);
        Special(run, "log_expm1", positive, SpecialFunctions.LogExpm1, SpecialFunctions.LogExpm1);
        Special(run, "log_sinh", positive, SpecialFunctions.LogSinh, SpecialFunctions.LogSinh);
    }

    private static void Op<T>(CaseRun<T> run, Tape<T> tape, string tensor, double[] arguments, Func<Var, Var> op, Func<double, double> inDouble) where T : unmanaged, IFloatingPointIeee754<T>
        => run.CompareFunction(tensor, arguments, CaseRun<T>.Read(tape, op(tape.Input(CaseRun<T>.Narrow(arguments), 1, arguments.Length))), a => Array.ConvertAll(a, new Converter<double, double>(inDouble)));

    private static void Special<T>(CaseRun<T> run, string tensor, double[] arguments, Converter<T, T> function, Func<double, double> inDouble) where T : unmanaged, IFloatingPointIeee754<T>
        => run.CompareFunction(tensor, arguments, Array.ConvertAll(CaseRun<T>.Narrow(arguments), function), a => Array.ConvertAll(a, new Converter<double, double>(inDouble)));

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
