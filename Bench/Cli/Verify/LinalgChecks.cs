using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Group linalg, the matrices: through the backend's Factor door and the tape's ops.</summary>
internal static class LinalgChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("matrix_general", new FixtureCheck<T>(["A", "b", "ct.matrix"], General));
        table.Add("matrix_symmetric", new FixtureCheck<T>(["A", "ct.cholesky"], Symmetric));
        table.Add("matrix_structured", new FixtureCheck<T>(["skew", "nilpotent", "lower", "upper", "b"], Structured));
    }

    private static void General<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = run.Order("A");
        T[] a = run.Values("A");
        using var bench = new MatrixBench<T>(run.Backend, n);
        run.Condition = Condition(run.Input("A"), n);

        Slice s = bench.New(n);
        bench.Factor(FactorKind.Svd, bench.Put(a), p: bench.Matrix(), b: bench.Matrix(), r: s);
        T[] singular = bench.Read(s);
        run.Compare("singular_values", singular);
        run.Compare("norm2", [singular[0]]);
        run.Compare("cond", [singular[0] / singular[n - 1]], Sensitivity.Determinant);

        Slice lu = bench.Put(a), pivots = bench.New(n), log = bench.New(2);
        bench.Factor(FactorKind.Lu, lu, p: pivots);
        Split(run, bench.Read(lu), bench.Read(pivots), n);
        bench.Factor(FactorKind.LogAbsDet, lu, p: pivots, r: log);
        run.Compare("slogdet.log", [bench.Read(log)[0]], Sensitivity.Determinant);
        run.Compare("slogdet.sign", [bench.Read(log)[1]], Sensitivity.Determinant);

        run.Attempt(["solve", "inverse", "grad.slogdet", "grad.inverse"], () =>
        {
            Slice b = bench.Put(run.Values("b", n * run.Matrix("b").Cols)), inverse = bench.Matrix();
            bench.Factor(FactorKind.Solve, lu, p: pivots, b: b, rhs: run.Matrix("b").Cols);
            run.Compare("solve", bench.Read(b), Sensitivity.Solution);
            bench.Factor(FactorKind.Inverse, lu, p: pivots, r: inverse);
            run.Compare("inverse", bench.Read(inverse), Sensitivity.Solution);
            Gradients(run, n);
        });

        Slice q = bench.Matrix(), r = bench.Matrix();
        bench.Factor(FactorKind.Qr, bench.Put(a), p: q, r: r);
        run.Compare("qr.Q", bench.Read(q), Sensitivity.Factor);
        run.Compare("qr.R", bench.Read(r));
        CompareProduct(run, "qr.Q qr.R (against A)", bench.Read(q), bench.Read(r), n);

        T[] scaled = Scaled(a, ExponentialScale(run));
        run.Compare("expm", bench.Function(FactorKind.Exponential, scaled));
        if (!run.Has("grad.expm")) return;
        Slice gradient = bench.Matrix();
        bench.Factor(FactorKind.ExponentialAdjoint, bench.Put(scaled), b: bench.Put(run.Values("ct.matrix", n * n)), r: gradient);
        run.Compare("grad.expm", bench.Read(gradient));
    }

    private static void Gradients<T>(CaseRun<T> run, int n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(run.Backend);
        Var a = run.Load(tape, "A", n, n, needsGrad: true);
        tape.Backward(tape.LogAbsDet(a));
        run.CompareGrad("grad.slogdet", tape, a, Sensitivity.Solution);

        // Rows of the identity solved: the rows of A^-T, that is, the inverse transposed.
        tape.Reset();
        a = run.Load(tape, "A", n, n, needsGrad: true);
        Var ct = run.Load(tape, "ct.matrix", n, n);
        tape.Backward(tape.Sum(tape.Multiply(tape.Transpose(tape.SolveRows(a, tape.Identity(n))), ct)));
        run.CompareGrad("grad.inverse", tape, a, Sensitivity.Solution);
    }

    private static void Split<T>(CaseRun<T> run, T[] lu, T[] pivots, int n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] lower = new T[n * n], upper = new T[n * n], p = new T[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) (j < i ? lower : upper)[i * n + j] = lu[i * n + j];
            lower[i * n + i] = T.One;
            p[i * n + i] = T.One;
        }
        // P of A = P L U: the exchanges undone on the identity.
        for (int i = n - 1; i >= 0; i--)
        {
            int other = int.CreateTruncating(pivots[i]);
            for (int j = 0; j < n; j++) (p[i * n + j], p[other * n + j]) = (p[other * n + j], p[i * n + j]);
        }
        run.Compare("lu.L", lower, Sensitivity.Pivoting);
        run.Compare("lu.U", upper, Sensitivity.Pivoting);
        run.Compare("lu.P", p, Sensitivity.Pivoting);
        CompareProduct(run, "lu.P lu.L lu.U (against A)", CaseRun<T>.Narrow(Product(p, lower, n)), upper, n);
    }

    private static void Symmetric<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = run.Order("A");
        T[] a = run.Values("A");
        using var bench = new MatrixBench<T>(run.Backend, n);
        run.Condition = Condition(run.Input("A"), n);

        Slice values = bench.New(n), vectors = bench.Matrix();
        bench.Factor(FactorKind.SymmetricEigen, bench.Put(a), p: vectors, r: values);
        run.Compare("eigenvalues", bench.Read(values));
        run.Compare("eigenvectors", bench.Read(vectors), Sensitivity.Factor);
        T[] v = bench.Read(vectors), w = bench.Read(values), scaled = [.. v.Select((e, i) => e * w[i % n])];
        CompareProduct(run, "eigenvectors eigenvalues eigenvectors^T (against A)", scaled, Transposed(v, n), n);
        run.Compare("expm", bench.Function(FactorKind.Exponential, Scaled(a, ExponentialScale(run))));
        if (!run.Has("cholesky")) return;

        run.Attempt(["cholesky", "logdet", "grad.cholesky"], () =>
        {
            Slice l = bench.Put(a), gradient = bench.Matrix();
            bench.Factor(FactorKind.Cholesky, l);
            T[] lower = bench.Read(l);
            run.Compare("cholesky", lower, Sensitivity.Factor);
            CompareProduct(run, "cholesky cholesky^T (against A)", lower, Transposed(lower, n), n);
            run.Compare("logdet", [Cholesky.LogDet<T>(lower, n)], Sensitivity.Determinant);
            // From the stored factor: the last digits of L, free within the condition number, would show in the gradient a thousandfold.
            bench.Factor(FactorKind.CholeskyAdjoint, bench.Put(run.Values("cholesky", n * n)), b: bench.Put(run.Values("ct.cholesky", n * n)), r: gradient);
            run.Compare("grad.cholesky", bench.Read(gradient), Sensitivity.Factor);
        });
        run.Attempt(["sqrtm"], () =>
        {
            var root = new T[n * n];
            MatrixSquareRoot.Symmetric<T>(a, n, root);
            run.Compare("sqrtm", root, Sensitivity.Factor);
            CompareProduct(run, "sqrtm sqrtm (against A)", root, root, n);
            root = bench.Function(FactorKind.SquareRoot, a);
            run.Compare("sqrtm", root, Sensitivity.Factor);
            // The iteration for general matrices loses digits with the condition number, in its residual too.
            CompareProduct(run, "sqrtm sqrtm (general, against A)", root, root, n, Sensitivity.Factor);
        });
    }

    private static void Structured<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = run.Order("skew"), rhs = run.Matrix("b").Cols;
        using var bench = new MatrixBench<T>(run.Backend, n);
        T[] skew = run.Values("skew"), lower = run.Values("lower", n * n), b = run.Values("b", n * rhs);
        run.Compare("expm_skew", bench.Function(FactorKind.Exponential, skew));
        run.Compare("expm_skew_x10", bench.Function(FactorKind.Exponential, Scaled(skew, 10)));
        run.Compare("expm_nilpotent", bench.Function(FactorKind.Exponential, run.Values("nilpotent", n * n)));
        run.Compare("logm_expm_skew_small", bench.Function(FactorKind.Logarithm, bench.Function(FactorKind.Exponential, Scaled(skew, 0.3))));
        run.Compare("solve_lower", bench.Solve(FactorKind.SolveLower, lower, b));
        run.Compare("solve_upper", bench.Solve(FactorKind.SolveUpper, run.Values("upper", n * n), b));
        run.Compare("solve_unit_lower", bench.Solve(FactorKind.SolveUnitLower, lower, b));
    }

    private static void CompareProduct<T>(CaseRun<T> run, string name, T[] a, T[] b, int n, Sensitivity sensitivity = Sensitivity.Plain) where T : unmanaged, IFloatingPointIeee754<T>
        => run.CompareTo(name, run.Input("A"), Product(a, b, n), sensitivity);

    private static double[] Product<T>(T[] a, T[] b, int n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var c = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int k = 0; k < n; k++) c[i * n + j] += double.CreateTruncating(a[i * n + k]) * double.CreateTruncating(b[k * n + j]);
        return c;
    }

    private static T[] Transposed<T>(T[] a, int n)
    {
        var t = new T[a.Length];
        for (int i = 0; i < a.Length; i++) t[i % n * n + i / n] = a[i];
        return t;
    }

    /// <summary>2-norm condition number in double, from the inputs alone.</summary>
    public static double Condition(double[] a, int n) => Svd.ConditionNumber<double>(a, n);

    private static double ExponentialScale<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => run.File.Text("expm") switch
    {
        "of A" => 1,
        "of A/4" => 0.25,
        string other => throw new BadInputException($"{run.File.Path}: config 'expm' is {BadInputException.Quote(other)}, expected 'of A' or 'of A/4'."),
    };

    private static T[] Scaled<T>(T[] a, double factor) where T : unmanaged, IFloatingPointIeee754<T> => Array.ConvertAll(a, x => T.CreateTruncating(factor) * x);
}
