using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>
/// What every backend must satisfy, as a list of failures. Kernels stand against <see cref="ReferenceBackend{T}"/>, products against
/// sums in double made here. Every array lies between guard elements at an odd offset, so that a write outside is seen.
/// </summary>
public sealed class BackendConformance<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Guard = 19;
    private const double GuardValue = 12345;
    private static readonly double Epsilon = typeof(T) == typeof(float) ? 1.2e-7 : 2.3e-16;

    private readonly List<string> _failures = [];
    private readonly IBackend<T> _backend;
    private readonly IBackend<T> _other;
    private readonly Random _random = new(20);

    private BackendConformance(IBackend<T> backend, IBackend<T> other) => (_backend, _other) = (backend, other);

    /// <summary>Runs every check on backends that <paramref name="make"/> makes.</summary>
    public static List<string> Check(Func<IBackend<T>> make)
    {
        using IBackend<T> backend = make(), other = make();
        var suite = new BackendConformance<T>(backend, other);
        suite.Memory();
        suite.Kernels();
        suite.Products();
        suite.BatchedProducts();
        suite.NotANumber();
        suite.Refusals();
        suite.Factors();
        suite.RandomNumbers();
        if (backend.AllocatedElements != 0) suite._failures.Add($"memory: {backend.AllocatedElements} elements left after everything was released");
        return suite._failures;
    }

    private void Memory()
    {
        Slice dirty = _backend.Allocate(100);
        BasicKernels<T>.Fill(_backend, dirty, 7);
        _backend.Release(dirty);
        Slice fresh = _backend.Allocate(100);
        if (Read(fresh).Any(v => v != 0)) _failures.Add("memory: a new block is not zero");
        if (_backend.AllocatedElements != 100) _failures.Add($"memory: 100 elements allocated, {_backend.AllocatedElements} counted");
        _backend.Write(Of(Draw(10)), fresh.Part(30, 10));
        double[] all = Read(fresh);
        if (all[29] != 0 || all[40] != 0 || all[30] == 0 || all[39] == 0) _failures.Add("memory: a part was not written where it lies");
        _backend.Release(fresh);
        Slice empty = _backend.Allocate(0);
        BasicKernels<T>.Fill(_backend, empty, 1);
        _backend.Release(empty);
    }

    private void Kernels()
    {
        for (int n = 0; n <= 257; n++)
        {
            Compare($"fill {n}", [Draw(n)], static (b, s) => BasicKernels<T>.Fill(b, s[0], -2.5));
            Compare($"copy {n}", [Draw(n), Draw(n)], static (b, s) => BasicKernels<T>.Copy(b, s[0], s[1]));
            Compare($"add-scaled {n}", [Draw(n), Draw(n)], static (b, s) => BasicKernels<T>.AddScaled(b, s[0], s[1], -1.3));
            Compare($"scale {n}", [Draw(n), Draw(n)], static (b, s) => BasicKernels<T>.Scale(b, s[0], s[1], 0.7));
            Compare($"add-product {n}", [Draw(n), Draw(n), Draw(n)], static (b, s) => BasicKernels<T>.AddProduct(b, s[0], s[1], s[2]));
            Compare($"sum {n}", [Draw(n), Draw(1)], static (b, s) => BasicKernels<T>.Sum(b, s[0], s[1], -1.5));
            Compare($"sum-squares {n}", [Draw(n), Draw(1)], static (b, s) => BasicKernels<T>.SumSquares(b, s[0], s[1], 0.5));
            Compare($"dot {n}", [Draw(n), Draw(n), Draw(1)], static (b, s) => BasicKernels<T>.Dot(b, s[0], s[1], s[2], 2));
            Compare($"max-abs {n}", [Draw(n), Draw(1)], static (b, s) => BasicKernels<T>.MaxAbs(b, s[0], s[1]));
            if (n % 7 == 0) Scalars(n);
            if (n is > 0 and < 20) Compare($"add-diagonal {n}", [Draw(n * n)], (b, s) => BasicKernels<T>.AddDiagonal(b, s[0], n, 1.5));
            foreach ((int rows, int cols) in (ReadOnlySpan<(int, int)>)[(3, n), (n, 3)])
                foreach (double scale in (ReadOnlySpan<double>)[1, -0.5])
                {
                    Compare($"row-sum {rows}x{cols}", [Draw(rows * cols), Draw(rows)], (b, s) => BasicKernels<T>.RowSum(b, s[0], s[1], rows, cols, scale));
                    Compare($"column-sum {rows}x{cols}", [Draw(rows * cols), Draw(cols)], (b, s) => BasicKernels<T>.ColumnSum(b, s[0], s[1], rows, cols, scale));
                    Compare($"transpose {rows}x{cols}", [Draw(rows * cols), Draw(rows * cols)], (b, s) => BasicKernels<T>.AddTransposed(b, s[0], s[1], rows, cols, scale));
                }
        }
    }

    // Factors that lie in memory.
    private void Scalars(int n)
    {
        Compare($"add-scaled-by {n}", [Draw(1), Draw(n), Draw(n)], static (b, s) => ScalarKernels<T>.AddScaled(b, s[0], s[1], s[2], -1.3));
        Compare($"scale-by {n}", [Draw(1), Draw(n), Draw(n)], static (b, s) => ScalarKernels<T>.Scale(b, s[0], s[1], s[2], 0.7));
        Compare($"scale-by in place {n}", [Draw(1), Draw(n)], static (b, s) => ScalarKernels<T>.Scale(b, s[0], s[1], s[1]));
        Compare($"scale-by-and-add {n}", [Draw(1), Draw(n), Draw(n)], static (b, s) => ScalarKernels<T>.ScaleAndAdd(b, s[0], s[1], s[2], 0.6, -0.5));
        foreach ((int rows, int cols) in (ReadOnlySpan<(int, int)>)[(3, n), (n, 3), (33, n / 4)])
            Compare($"add-transposed-by {rows}x{cols}", [Draw(1), Draw(rows * cols), Draw(rows * cols)], (b, s) => ScalarKernels<T>.AddTransposed(b, s[0], s[1], s[2], rows, cols, -0.5));
        foreach (double number in (ReadOnlySpan<double>)[0.5, 2, double.NaN])
        {
            Compare($"add-where-below {n}", [[number], Draw(n), Draw(n)], static (b, s) => ScalarKernels<T>.AddWhereBelow(b, s[0], 1, s[1], s[2]));
            Compare($"shorten {n}", [[number], Draw(n)], static (b, s) => ScalarKernels<T>.Shorten(b, s[0], s[1], 1));
        }
        Compare($"shorten by infinity {n}", [[double.PositiveInfinity], Draw(n)], static (b, s) => ScalarKernels<T>.Shorten(b, s[0], s[1], 1));
        if (n < 8) return;
        foreach (double row in (ReadOnlySpan<double>)[-1, 2])
            foreach (double kept in (ReadOnlySpan<double>)[-1, 3])
            {
                Compare($"keep-finding {row} {kept}", [[row, 1], Draw(n), [kept, 5, 6, 7]], static (b, s) => FindingKernel<T>.Keep(b, s[0], s[1], 3, s[2], -1, 4));
                Compare($"keep-finding of no value {row} {kept}", [[row, 1], [kept, 5, 6, 7]], static (b, s) => FindingKernel<T>.Keep(b, s[0], Slice.None, 0, s[1], 0.5, 4));
            }
    }

    private void Products()
    {
        (int, int, int)[] shapes =
        [
            (1, 1, 1), (1, 7, 3), (7, 1, 3), (3, 7, 1), (2, 3, 31), (31, 3, 2), (5, 4, 9), (9, 4, 5), (8, 16, 8), (13, 17, 19), (16, 32, 16),
            (33, 31, 65), (65, 33, 31), (64, 64, 64), (1, 129, 67), (129, 1, 67), (6, 100, 6), (0, 3, 2), (3, 0, 2), (3, 4, 0), (130, 150, 141),
        ];
        foreach ((int m, int n, int k) in shapes)
            for (int flags = 0; flags < 16; flags++)
            {
                if (m * n * k > 1_000_000 && flags is not (0 or 7)) continue;
                bool ta = (flags & 1) != 0, tb = (flags & 2) != 0, accumulate = (flags & 4) != 0, padded = (flags & 8) != 0;
                int colsA = ta ? m : k, colsB = tb ? k : n;
                Product(new GemmArgs(m, n, k, default, default, default)
                {
                    TransposeA = ta,
                    TransposeB = tb,
                    Accumulate = accumulate,
                    Alpha = (flags & 5) == 5 ? -0.75 : 1,
                    Lda = padded ? colsA + 3 : 0,
                    Ldb = padded ? colsB + 1 : 0,
                    Ldc = padded ? n + 2 : 0,
                });
            }
    }

    private void BatchedProducts()
    {
        foreach ((int m, int n, int k) in (ReadOnlySpan<(int, int, int)>)[(3, 4, 5), (5, 2, 3), (17, 9, 33)])
            for (int flags = 0; flags < 16; flags++)
                Product(new GemmArgs(m, n, k, default, default, default)
                {
                    TransposeA = (flags & 1) != 0,
                    TransposeB = (flags & 2) != 0,
                    Accumulate = flags == 5,
                    Batch = 3,
                    StrideA = (flags & 4) != 0 ? 0 : m * k + 2,
                    StrideB = (flags & 8) != 0 ? 0 : k * n,
                    StrideC = m * n + 5,
                });
    }

    private void Product(GemmArgs p)
    {
        int rowsA = p.TransposeA ? p.K : p.M, colsA = p.TransposeA ? p.M : p.K, rowsB = p.TransposeB ? p.N : p.K, colsB = p.TransposeB ? p.K : p.N;
        int lda = p.Lda == 0 ? colsA : p.Lda, ldb = p.Ldb == 0 ? colsB : p.Ldb, ldc = p.Ldc == 0 ? p.N : p.Ldc;
        double[] a = Draw(rowsA * lda + (p.Batch - 1) * p.StrideA), b = Draw(rowsB * ldb + (p.Batch - 1) * p.StrideB), c = Draw(p.M * ldc + (p.Batch - 1) * p.StrideC);
        double[] wanted = [.. c], bound = new double[c.Length];
        for (int q = 0; q < p.Batch; q++)
            for (int i = 0; i < p.M; i++)
                for (int j = 0; j < p.N; j++)
                {
                    double sum = 0, size = 0;
                    for (int l = 0; l < p.K; l++)
                    {
                        double term = a[q * p.StrideA + (p.TransposeA ? l * lda + i : i * lda + l)] * b[q * p.StrideB + (p.TransposeB ? j * ldb + l : l * ldb + j)];
                        sum += term;
                        size += Math.Abs(term);
                    }
                    int at = q * p.StrideC + i * ldc + j;
                    wanted[at] = (p.Accumulate ? c[at] : 0) + p.Alpha * sum;
                    bound[at] = Epsilon * (p.K + 4) * (size + Math.Abs(c[at]));
                }
        Slice sa = Place(_backend, a), sb = Place(_backend, b), sc = Place(_backend, c);
        _backend.Gemm(p with { A = sa, B = sb, C = sc });
        double[] got = Read(sc);
        string what = $"gemm {p.M}x{p.N}x{p.K} transposes {p.TransposeA} {p.TransposeB} accumulate {p.Accumulate} alpha {p.Alpha} strides {lda} {ldb} {ldc} batch {p.Batch} ({p.StrideA} {p.StrideB} {p.StrideC})";
        for (int i = 0; i < got.Length; i++)
            if (!(Math.Abs(got[i] - wanted[i]) <= bound[i])) { _failures.Add($"{what}: element {i} is {got[i]}, expected {wanted[i]} within {bound[i]:g3}"); break; }
        foreach (Slice s in (ReadOnlySpan<Slice>)[sa, sb, sc]) Free(_backend, s, what);
    }

    private void NotANumber()
    {
        foreach (int n in (ReadOnlySpan<int>)[1, 7, 33, 100])
            foreach (int at in (ReadOnlySpan<int>)[0, n / 2, n - 1])
            {
                double[] x = Draw(n);
                x[at] = double.NaN;
                foreach ((string name, Action<IBackend<T>, Slice, Slice> run) in (ReadOnlySpan<(string, Action<IBackend<T>, Slice, Slice>)>)
                    [
                        ("sum", static (b, s, y) => BasicKernels<T>.Sum(b, s, y)),
                        ("sum-squares", static (b, s, y) => BasicKernels<T>.SumSquares(b, s, y)),
                        ("dot", static (b, s, y) => BasicKernels<T>.Dot(b, s, s, y)),
                        ("max-abs", static (b, s, y) => BasicKernels<T>.MaxAbs(b, s, y)),
                        ("row-sum", static (b, s, y) => BasicKernels<T>.RowSum(b, s, y, 1, s.Length)),
                        ("column-sum", static (b, s, y) => BasicKernels<T>.ColumnSum(b, s, y, s.Length, 1)),
                    ])
                {
                    Slice s = Place(_backend, x), y = Place(_backend, [0]);
                    run(_backend, s, y);
                    if (!double.IsNaN(Read(y)[0])) _failures.Add($"NaN: {name} of {n} numbers with a NaN at {at} is {Read(y)[0]}");
                    Free(_backend, s, name);
                    Free(_backend, y, name);
                }
            }

        // Row 1 of A holds a NaN, B is zero: 0 times NaN is NaN, in row 1 and nowhere else; and an overwritten C forgets its NaNs.
        foreach (int n in (ReadOnlySpan<int>)[3, 40])
        {
            double[] a = Draw(n * n);
            a[n + 2] = double.NaN;
            Slice sa = Place(_backend, a), sb = Place(_backend, new double[n * n]), sc = Place(_backend, [.. Enumerable.Repeat(double.NaN, n * n)]);
            _backend.Gemm(new GemmArgs(n, n, n, sa, sb, sc));
            double[] c = Read(sc);
            for (int i = 0; i < c.Length; i++)
                if (double.IsNaN(c[i]) != (i / n == 1)) { _failures.Add($"NaN: gemm {n}x{n} with a NaN in row 1 gives {c[i]} in row {i / n}"); break; }
            Free(_backend, sa, "gemm");
            Free(_backend, sb, "gemm");
            Free(_backend, sc, "gemm");
        }
    }

    private void Refusals()
    {
        Slice a = _backend.Allocate(64), b = _backend.Allocate(64), stranger = _other.Allocate(64);
        Refused("C over A", () => _backend.Gemm(new GemmArgs(4, 4, 4, a.Part(0, 16), b.Part(0, 16), a.Part(8, 16))));
        Refused("C over B", () => _backend.Gemm(new GemmArgs(4, 4, 4, a.Part(0, 16), b.Part(0, 16), b.Part(15, 16))));
        Refused("A too short", () => _backend.Gemm(new GemmArgs(4, 4, 5, a.Part(0, 19), b.Part(0, 20), b.Part(32, 16))));
        Refused("B too short", () => _backend.Gemm(new GemmArgs(4, 4, 5, a.Part(0, 20), b.Part(0, 19), b.Part(32, 16))));
        Refused("C too short", () => _backend.Gemm(new GemmArgs(4, 4, 5, a.Part(0, 20), b.Part(0, 20), b.Part(32, 15))));
        Refused("batch too long", () => _backend.Gemm(new GemmArgs(4, 4, 4, a, b.Part(0, 16), b.Part(16, 48)) { Batch = 4, StrideA = 16, StrideC = 16 }));
        Refused("another backend's slice in a kernel", () => BasicKernels<T>.Fill(_backend, stranger, 1));
        Refused("another backend's slice in a product", () => _backend.Gemm(new GemmArgs(2, 2, 2, a, b, stranger)));
        Refused("another backend's slice read", () => _backend.Read(stranger, new T[64]));
        Refused("another backend's slice written", () => _backend.Write(new T[64], stranger));
        Refused("another backend's slice released", () => _backend.Release(stranger));
        Refused("reading into a longer span", () => _backend.Read(a, new T[65]));
        Refused("writing from a shorter span", () => _backend.Write(new T[63], a));
        Refused("a negative offset", () => BasicKernels<T>.Fill(_backend, a with { Offset = -1, Length = 1 }, 1));
        Refused("beyond the end", () => BasicKernels<T>.Fill(_backend, a with { Offset = 60, Length = 5 }, 1));
        Refused("beyond the end, with overflow", () => BasicKernels<T>.Fill(_backend, a with { Offset = int.MaxValue, Length = int.MaxValue }, 1));
        _backend.Release(b);
        Refused("a released block in a kernel", () => BasicKernels<T>.Fill(_backend, b, 1));
        Refused("a released block read", () => _backend.Read(b, new T[64]));
        Refused("a block released twice", () => _backend.Release(b));
        _backend.Release(a);
        _other.Release(stranger);
    }

    private void Factors()
    {
        foreach (int n in (ReadOnlySpan<int>)[1, 2, 5, 17, 40, 70])
        {
            double[] matrix = Draw(n * n), right = Draw(n * 3);
            // Rounding grows with the condition; a heavy diagonal keeps it small, so that the bound means something.
            for (int i = 0; i < n; i++) matrix[i * n + i] += 3 * Math.Sqrt(n);
            Compare($"lu, log|det|, inverse, solves {n}", [matrix, new double[n], [.. right], [.. right], new double[2], new double[n * n]], (b, s) =>
            {
                b.Factor(new FactorArgs(FactorKind.Lu, n, s[0], s[1], Slice.None, Slice.None));
                b.Factor(new FactorArgs(FactorKind.Solve, n, s[0], s[1], s[2], Slice.None, 3));
                b.Factor(new FactorArgs(FactorKind.SolveTransposed, n, s[0], s[1], s[3], Slice.None, 3));
                b.Factor(new FactorArgs(FactorKind.LogAbsDet, n, s[0], s[1], Slice.None, s[4]));
                b.Factor(new FactorArgs(FactorKind.Inverse, n, s[0], s[1], Slice.None, s[5]));
            }, 100);
        }
    }

    private void RandomNumbers()
    {
        foreach (RandomKind kind in (ReadOnlySpan<RandomKind>)[RandomKind.Uniform, RandomKind.Gaussian, RandomKind.Rademacher])
            foreach ((int length, ulong first) in (ReadOnlySpan<(int, ulong)>)[(1, 0), (7, 3), (64, 0), (101, 17), (100, 1UL << 40)])
                Compare($"random {kind} {length} from {first}", [new double[length]], (b, s) => b.Random(new RandomArgs(kind, s[0], 5, 6, first)), 4);
    }

    private void Compare(string what, double[][] arrays, Action<IBackend<T>, Slice[]> run, double roundings = 4)
    {
        using var reference = new ReferenceBackend<T>();
        Slice[] wanted = [.. arrays.Select(x => Place(reference, x))], got = [.. arrays.Select(x => Place(_backend, x))];
        run(reference, wanted);
        run(_backend, got);
        int longest = arrays.Max(x => x.Length);
        for (int k = 0; k < arrays.Length; k++)
        {
            var p = new T[wanted[k].Length];
            reference.Read(wanted[k], p);
            double[] q = Read(got[k]);
            // Sums of n numbers of size one, n eps and some; single products 4 eps.
            double tolerance = Epsilon * (q.Length == longest ? roundings * 2 : roundings + 3 * longest);
            for (int i = 0; i < q.Length; i++)
            {
                double w = double.CreateTruncating(p[i]);
                if (Math.Abs(q[i] - w) <= tolerance * Math.Max(4, Math.Abs(w)) || q[i].Equals(w)) continue;
                _failures.Add($"{what}: array {k}, element {i} is {q[i]}, the reference says {w}");
                break;
            }
        }
        foreach (Slice s in got) Free(_backend, s, what);
    }

    private void Refused(string what, Action action)
    {
        Exception? e = Record.Exception(action);
        if (e is not ArgumentException) _failures.Add($"refusal: {what}: expected an ArgumentException, got {e?.GetType().Name ?? "nothing"}");
    }

    private static Slice Place(IBackend<T> backend, double[] values)
    {
        Slice block = backend.Allocate(values.Length + 2 * Guard);
        var all = new T[block.Length];
        Array.Fill(all, T.CreateTruncating(GuardValue));
        Of(values).CopyTo(all, Guard);
        backend.Write(all, block);
        return block.Part(Guard, values.Length);
    }

    private void Free(IBackend<T> backend, Slice s, string what)
    {
        var block = new Slice(s.Block, 0, s.Length + 2 * Guard);
        double[] all = Read(block);
        for (int i = 0; i < all.Length; i++)
            if ((i < Guard || i >= Guard + s.Length) && all[i] != GuardValue) { _failures.Add($"{what}: wrote outside its slice, at {i - Guard} of {s.Length}"); break; }
        backend.Release(block);
    }

    private double[] Read(Slice s)
    {
        var values = new T[s.Length];
        _backend.Read(s, values);
        return Array.ConvertAll(values, double.CreateTruncating);
    }

    // Rounded to T at once, so that the sums in double start from the same numbers.
    private double[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => double.CreateTruncating(T.CreateTruncating(2 * _random.NextDouble() - 1)))];

    private static T[] Of(double[] x) => Array.ConvertAll(x, T.CreateTruncating);
}
