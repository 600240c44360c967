using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every tensor of every file in Tests/Fixtures/linalg that is about matrices.</summary>
public class LinalgFixtureTests
{
    public static TheoryData<string> General => [.. Fixture.List("linalg", "general_")];

    public static TheoryData<string> Symmetric => [.. Fixture.List("linalg", "symmetric_")];

    [Fact]
    public void AllFilesAreCovered()
    {
        Assert.Equal(9, General.Count);
        Assert.Equal(4, Symmetric.Count);
        Assert.Equal(16, Fixture.List("linalg").Count());
    }

    [Theory]
    [MemberData(nameof(General))]
    public void Lu_LogDet_Solve_Inverse(string name)
    {
        Fixture f = Fixture.Load(name);
        double[] a = f["A"];
        int n = f.Shape("A")[0];
        double cond = f["cond"][0];
        double[] lu = [.. a];
        var pivots = new int[n];
        Assert.Equal(-1, Lu.Factor(lu.AsSpan(), n, pivots));
        double[] l = Mats.Part(lu, n, lower: true, unit: true), u = Mats.Part(lu, n, lower: false, unit: false);
        f.AssertClose("lu.L", l);
        f.AssertClose("lu.U", u);

        // P of A = P L U: undo the exchanges on the identity.
        double[] p = Mats.Identity<double>(n);
        for (int i = n - 1; i >= 0; i--)
            for (int j = 0; j < n; j++) (p[i * n + j], p[pivots[i] * n + j]) = (p[pivots[i] * n + j], p[i * n + j]);
        Assert.Equal(f["lu.P"], p);

        double log = Lu.LogAbsDet<double>(lu, n, pivots, out int sign);
        Assert.Equal(f["slogdet.sign"][0], sign);
        f.AssertClose("slogdet.log", [log], 1e-9 + 1e-15 * cond);

        double[] x = [.. f["b"]];
        int rhs = f.Shape("b")[1];
        Lu.Solve<double>(lu, n, pivots, x, rhs);
        f.AssertClose("solve", x, 1e-9 * cond);
        var inverse = new double[n * n];
        Lu.Inverse<double>(lu, n, pivots, inverse);
        f.AssertClose("inverse", inverse, 1e-9 * cond);

        var grad = new double[n * n];
        LuGradient.LogAbsDet(inverse, n, 1.0, grad);
        f.AssertClose("grad.slogdet", grad, 1e-9 * cond);
        LuGradient.Inverse<double>(inverse, f["ct.matrix"], n, grad);
        f.AssertClose("grad.inverse", grad, 1e-9 * cond);
    }

    [Theory]
    [MemberData(nameof(General))]
    public void SingularValues_Qr(string name)
    {
        Fixture f = Fixture.Load(name);
        double[] a = f["A"];
        int n = f.Shape("A")[0];
        double[] u = new double[n * n], s = new double[n], v = new double[n * n];
        Svd.Decompose<double>(a, n, n, u, s, v);
        f.AssertClose("singular_values", s);
        f.AssertClose("norm2", [s[0]]);
        // The stored condition number is itself only good to cond eps relative.
        f.AssertClose("cond", [Svd.ConditionNumber<double>(a, n)], 1e-9 + 1e-15 * f["cond"][0]);
        double[] scaled = [.. u];
        for (int i = 0; i < n * n; i++) scaled[i] *= s[i % n];
        Mats.Close(Mats.Product(scaled, Mats.Transpose(v, n, n), n, n, n), a, 1e-13, name + " U S V^T");

        double[] q = new double[n * n], r = new double[n * n];
        Qr.Factor<double>(a, n, n, q, r);
        f.AssertClose("qr.Q", q);
        f.AssertClose("qr.R", r);
    }

    [Theory]
    [MemberData(nameof(General))]
    [MemberData(nameof(Symmetric))]
    public void Exponential(string name)
    {
        Fixture f = Fixture.Load(name);
        int n = f.Shape("A")[0];
        string rule = f.Config.GetProperty("expm").GetString()!;
        double factor = rule switch { "of A" => 1, "of A/4" => 0.25, _ => throw new InvalidDataException(rule) };
        double[] a = [.. f["A"].Select(x => factor * x)];
        var result = new double[n * n];
        MatrixExponential.Evaluate<double>(a, n, result);
        f.AssertClose("expm", result);
        if (!f.Has("grad.expm")) return;
        MatrixExponential.Gradient<double>(a, f["ct.matrix"], n, result);
        f.AssertClose("grad.expm", result);
    }

    [Theory]
    [MemberData(nameof(Symmetric))]
    public void Eigen_Cholesky_Root(string name)
    {
        Fixture f = Fixture.Load(name);
        double[] a = f["A"];
        int n = f.Shape("A")[0];
        double[] w = new double[n], v = new double[n * n];
        SymmetricEigen.Decompose<double>(a, n, w, v);
        f.AssertClose("eigenvalues", w);
        f.AssertClose("eigenvectors", v);
        Assert.Equal(name.Contains("hilbert") || name.Contains("spd"), f.Has("cholesky"));
        if (!f.Has("cholesky")) return;

        double cond = w[n - 1] / w[0];
        double[] l = [.. a];
        Assert.Equal(-1, Cholesky.Factor(l.AsSpan(), n));
        f.AssertClose("cholesky", l);
        f.AssertClose("logdet", [Cholesky.LogDet<double>(l, n)], 1e-9 + 1e-15 * cond);
        var grad = new double[n * n];
        Cholesky.Gradient<double>(f["cholesky"], f["ct.cholesky"], n, grad);
        f.AssertClose("grad.cholesky", grad);
        var root = new double[n * n];
        MatrixSquareRoot.Symmetric<double>(a, n, root);
        f.AssertClose("sqrtm", root);
        MatrixSquareRoot.General<double>(a, n, root);
        f.AssertClose("sqrtm", root, 1e-9 + 1e-15 * cond);
    }

    [Fact]
    public void Structured()
    {
        Fixture f = Fixture.Load("linalg/structured_a");
        int n = 5, rhs = 3;
        var result = new double[n * n];
        MatrixExponential.Evaluate<double>(f["skew"], n, result);
        f.AssertClose("expm_skew", result);
        MatrixExponential.Evaluate<double>(f["skew"].Select(x => 10 * x).ToArray(), n, result);
        f.AssertClose("expm_skew_x10", result);
        MatrixExponential.Evaluate<double>(f["nilpotent"], n, result);
        f.AssertClose("expm_nilpotent", result);

        MatrixExponential.Evaluate<double>(f["skew"].Select(x => 0.3 * x).ToArray(), n, result);
        MatrixLogarithm.Evaluate<double>([.. result], n, result);
        f.AssertClose("logm_expm_skew_small", result);

        double[] b = [.. f["b"]];
        TriangularSolve.Left<double>(new Triangle(Lower: true), f["lower"], n, b, rhs);
        f.AssertClose("solve_lower", b);
        b = [.. f["b"]];
        TriangularSolve.Left<double>(new Triangle(Lower: false), f["upper"], n, b, rhs);
        f.AssertClose("solve_upper", b);
        b = [.. f["b"]];
        TriangularSolve.Left<double>(new Triangle(Lower: true, Unit: true), f["lower"], n, b, rhs);
        f.AssertClose("solve_unit_lower", b);
    }
}
