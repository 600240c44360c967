using System.Numerics;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>LU and what follows from it on the emulator, against the reference backend and against what the factors must satisfy.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuFactorTests
{
    private static readonly int[] RightSides = [1, 3, 33];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(5, true)]
    [InlineData(17, false)]
    [InlineData(31, true)]
    [InlineData(32, false)]
    [InlineData(33, true)]
    [InlineData(40, false)]
    [InlineData(65, true)]
    [InlineData(70, false)]
    [InlineData(100, true)]
    public void EqualsTheReference(int n, bool backwards)
    {
        // One precision for each matrix, in turns.
        string[] kinds = ["dominant", "random", "permutation", "graded", "ties"];
        for (int i = 0; i < kinds.Length; i++)
        {
            double[] a = Matrix(kinds[i], n);
            using var gpu = GpuEmulation.Double(backwards: backwards);
            using var single = GpuEmulation.Single(backwards: backwards);
            int most = kinds[i] == "random" ? 33 : n > 40 ? 0 : 3;
            if (kinds[i] == "graded" || (n + i) % 2 == 0) Compare(gpu, kinds[i], a, n, 1e-13, 1e-11, most);
            else Compare(single, kinds[i], a, n, 1e-6, 2e-3, most);
        }
    }

    // Panels of 32 columns, blocks of several panels.
    [Theory]
    [InlineData(31)]
    [InlineData(97)]
    [InlineData(161)]
    public void EqualsTheReferenceWithLargeGroups(int n)
    {
        using var gpu = GpuEmulation.Double(items: 64);
        Compare(gpu, "random", Matrix("random", n), n, 1e-13, 1e-11, 3);
    }

    [Fact]
    public void OrderOfItemsDoesNotMatter()
    {
        const int n = 70;
        double[] a = Matrix("random", n);
        double[][] results = new double[2][];
        for (int i = 0; i < 2; i++)
        {
            using var gpu = GpuEmulation.Single(backwards: i == 1);
            Slice m = Put(gpu, a), p = gpu.Allocate(n), r = gpu.Allocate(n * n), l = gpu.Allocate(2);
            gpu.Factor(new FactorArgs(FactorKind.Lu, n, m, p, Slice.None, Slice.None));
            gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, m, p, Slice.None, l));
            gpu.Factor(new FactorArgs(FactorKind.Inverse, n, m, p, Slice.None, r));
            results[i] = [.. Get(gpu, m), .. Get(gpu, p), .. Get(gpu, r), .. Get(gpu, l)];
            Assert.Equal(0, gpu.HostCalls);
        }
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void DeterminantKeepsItsDigits()
    {
        // Products of the pivots leave the range of float both ways, and their logarithms nearly cancel.
        const int n = 300;
        var random = new Random(5);
        double[] a = new double[n * n];
        double expected = 0;
        for (int i = 0; i < n; i++)
        {
            a[(i * n) + i] = (float)(Math.Exp(60 * (i % 2 == 0 ? 1 : -1) + random.NextDouble()) * (i % 3 == 0 ? -1 : 1));
            expected += Math.Log(Math.Abs(a[(i * n) + i]));
        }
        using var gpu = GpuEmulation.Single();
        Slice m = Put(gpu, a), p = Put(gpu, [.. Enumerable.Range(0, n).Select(i => (double)i)]), r = gpu.Allocate(2);
        gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, m, p, Slice.None, r));
        double[] result = Get(gpu, r);
        Assert.Equal(expected, result[0], 2e-7 * Math.Abs(expected));
        Assert.Equal(1, result[1]);
        gpu.Write([float.Epsilon], m.Part(0, 1));
        gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, m, p, Slice.None, r));
        expected += Math.Log(float.Epsilon) - Math.Log(Math.Abs(a[0]));
        Assert.Equal(expected, Get(gpu, r)[0], 2e-7 * Math.Abs(expected));
        Assert.Equal(-1, Get(gpu, r)[1]);
        gpu.Write([float.NaN], m.Part(0, 1));
        gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, m, p, Slice.None, r));
        Assert.Equal(double.NaN, Get(gpu, r)[0]);
    }

    [Fact]
    public void DeterminantNearOneKeepsItsDigits()
    {
        // Numbers and their rounded reciprocals: all that is left of the logarithm is the rounding of those, far below that of any one factor's logarithm.
        const int n = 300;
        var random = new Random(6);
        double[] a = new double[n * n];
        double expected = 0;
        for (int i = 0; i < n; i += 2)
        {
            float x = (float)Math.Exp(20 * random.NextDouble() - 10), y = 1 / x;
            (a[(i * n) + i], a[((n - 1 - i) * n) + n - 1 - i]) = (x, y);
            expected += Math.Log((double)x * y);
        }
        using var gpu = GpuEmulation.Single();
        Slice r = gpu.Allocate(2);
        gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, Put(gpu, a), Put(gpu, [.. Enumerable.Range(0, n).Select(i => (double)i)]), Slice.None, r));
        Assert.InRange(Math.Abs(expected), 1e-8, 1e-5);
        Assert.Equal(expected, Get(gpu, r)[0], 1e-6 * Math.Abs(expected));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(9, 3)]
    [InlineData(40, 39)]
    public void SingularIsToldAtTheNextRead(int n, int zero)
    {
        double[] a = Matrix("random", n);
        for (int i = 0; i < n; i++) a[(i * n) + zero] = 0;
        using var cpu = new ReferenceBackend<double>();
        using var gpu = GpuEmulation.Double();
        Slice Lu(IBackend<double> b, Slice p)
        {
            Slice m = Put(b, a);
            b.Factor(new FactorArgs(FactorKind.Lu, n, m, p, Slice.None, Slice.None));
            return m;
        }
        Slice pc = cpu.Allocate(n), pg = gpu.Allocate(n), rc = cpu.Allocate(n * n), rg = gpu.Allocate(n * n), l = gpu.Allocate(2);
        Slice mc = Lu(cpu, pc), mg = Lu(gpu, pg);
        gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, mg, pg, Slice.None, l));
        Assert.Equal([double.NegativeInfinity, 0], Get(gpu, l));
        foreach (FactorKind kind in (ReadOnlySpan<FactorKind>)[FactorKind.Inverse, FactorKind.Solve, FactorKind.SolveTransposed, FactorKind.SolveRows])
        {
            SingularMatrixException expected = Assert.Throws<SingularMatrixException>(() => cpu.Factor(new FactorArgs(kind, n, mc, pc, rc, rc, 1)));
            gpu.Factor(new FactorArgs(kind, n, mg, pg, rg, rg, 1));
            SingularMatrixException e = Assert.Throws<SingularMatrixException>(() => Get(gpu, rg));
            Assert.Equal((expected.Message, expected.Pivot, expected.Order), (e.Message, e.Pivot, e.Order));
            // Told once; what comes later is not held against it.
            _ = Get(gpu, rg);
        }
    }

    private static void Compare<T, TView, TLane>(GpuBackend<T, TView, TLane> gpu, string kind, double[] a, int n, double digits, double spread, int mostRightSides)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TView : struct, IView<T>
        where TLane : struct, ILane<TLane, T>
    {
        using var cpu = new ReferenceBackend<T>();
        string at = $"{kind}, order {n}, {typeof(T).Name}";
        Slice mc = Put(cpu, a), mg = Put(gpu, a), pc = cpu.Allocate(n), pg = gpu.Allocate(n), lc = cpu.Allocate(2), lg = gpu.Allocate(2);
        cpu.Factor(new FactorArgs(FactorKind.Lu, n, mc, pc, Slice.None, Slice.None));
        gpu.Factor(new FactorArgs(FactorKind.Lu, n, mg, pg, Slice.None, Slice.None));
        double[] pivots = Get(gpu, pg), lu = Get(gpu, mg);
        Assert.Equal(Get(cpu, pc), pivots);
        Assert.True(Residual(Get(cpu, Put(cpu, a)), lu, pivots, n) < n * digits, $"{at}: residual {Residual(a, lu, pivots, n)}");
        cpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, mc, pc, Slice.None, lc));
        gpu.Factor(new FactorArgs(FactorKind.LogAbsDet, n, mg, pg, Slice.None, lg));
        double[] expected = Get(cpu, lc), determinant = Get(gpu, lg);
        Assert.True(Math.Abs(expected[0] - determinant[0]) <= 10 * digits * Math.Max(1, Math.Abs(expected[0])), $"{at}: log-determinant {determinant[0]}, expected {expected[0]}");
        Assert.Equal(expected[1], determinant[1]);
        // From here on the same factors, so that only the solves differ.
        gpu.Write(Array.ConvertAll(Get(cpu, mc), T.CreateChecked), mg);
        Slice rc = cpu.Allocate(n * n), rg = gpu.Allocate(n * n);
        cpu.Factor(new FactorArgs(FactorKind.Inverse, n, mc, pc, Slice.None, rc));
        gpu.Factor(new FactorArgs(FactorKind.Inverse, n, mg, pg, Slice.None, rg));
        Near($"{at}: inverse", Get(cpu, rc), Get(gpu, rg), spread);
        foreach (int rhs in RightSides)
        {
            if (rhs > mostRightSides) continue;
            double[] b = Matrix("random", 40)[..(n * rhs > 1600 ? 1600 : n * rhs)];
            if (b.Length < n * rhs) b = [.. Enumerable.Range(0, n * rhs).Select(i => b[i % 1597])];
            foreach (FactorKind solve in (ReadOnlySpan<FactorKind>)[FactorKind.Solve, FactorKind.SolveTransposed, FactorKind.SolveRows, FactorKind.SolveLower, FactorKind.SolveUpper, FactorKind.SolveUnitLower])
            {
                // The lower triangle's diagonal is that of U, small against its rows: well-conditioned only where the matrix is dominant.
                if (solve == FactorKind.SolveLower && kind != "dominant") continue;
                Slice bc = Put(cpu, b), bg = Put(gpu, b);
                cpu.Factor(new FactorArgs(solve, n, mc, pc, bc, Slice.None, rhs));
                gpu.Factor(new FactorArgs(solve, n, mg, pg, bg, Slice.None, rhs));
                Near($"{at}: {solve}, {rhs} right-hand sides", Get(cpu, bc), Get(gpu, bg), spread);
            }
        }
        Assert.Equal(0, gpu.HostCalls);
    }

    private static void Near(string what, double[] expected, double[] actual, double tolerance)
    {
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * largest, $"{what}: element {i} is {actual[i]}, expected {expected[i]}");
    }

    // max |P A - L U| / max |A|.
    private static double Residual(double[] a, double[] lu, double[] pivots, int n)
    {
        double[] pa = [.. a];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) (pa[(i * n) + j], pa[((int)pivots[i] * n) + j]) = (pa[((int)pivots[i] * n) + j], pa[(i * n) + j]);
        double worst = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int m = 0; m <= Math.Min(i, j); m++) sum += (m == i ? 1 : lu[(i * n) + m]) * lu[(m * n) + j];
                worst = Math.Max(worst, Math.Abs(sum - pa[(i * n) + j]));
            }
        return worst / pa.Max(Math.Abs);
    }

    private static double[] Matrix(string kind, int n)
    {
        var random = new Random(100 + n);
        var a = new double[n * n];
        for (int i = 0; i < n * n; i++) a[i] = (float)((2 * random.NextDouble()) - 1);
        for (int i = 0; i < n; i++)
            switch (kind)
            {
                case "dominant":
                    a[(i * n) + i] += (n / 2) + 2;
                    break;
                case "permutation":
                    // Each row has its 1 elsewhere: every step exchanges.
                    for (int j = 0; j < n; j++) a[(i * n) + j] = j == (i + (n / 2) + 1) % n ? 1 : 0;
                    break;
                case "graded":
                    // Near singular: columns shrink by nine powers of ten.
                    for (int j = 0; j < n; j++) a[(i * n) + j] *= Math.Pow(10, -9.0 * j / n);
                    break;
                case "ties":
                    // Only 1 and -1 in the first columns: the topmost row must win.
                    for (int j = 0; j < Math.Min(n, 3); j++) a[(i * n) + j] = Math.Sign(a[(i * n) + j]);
                    break;
            }
        return a;
    }

    private static Slice Put<T>(IBackend<T> backend, double[] values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Slice slice = backend.Allocate(values.Length + 3).Part(3, values.Length);
        backend.Write(Array.ConvertAll(values, T.CreateChecked), slice);
        return slice;
    }

    private static double[] Get<T>(IBackend<T> backend, Slice slice) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var values = new T[slice.Length];
        backend.Read(slice, values);
        return Array.ConvertAll(values, double.CreateChecked);
    }
}
