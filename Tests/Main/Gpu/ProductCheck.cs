using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Runs a product and holds it to sums in double, by the rule of <see cref="BackendConformance{T}"/>: (k + 4) eps times the sum of the terms' sizes.</summary>
internal static class ProductCheck<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Guard = 12;
    private static readonly double Epsilon = typeof(T) == typeof(float) ? 1.2e-7 : 2.3e-16;

    /// <summary>Draws operands for <paramref name="p"/> (whose slices are ignored; a bias when <paramref name="bias"/>), runs it, checks it; returns C.</summary>
    /// <param name="backend">Runs it.</param>
    /// <param name="p">Sizes, strides and flags.</param>
    /// <param name="bias">With a bias row.</param>
    /// <param name="start">Offset of every operand in its block; a multiple of four is aligned.</param>
    /// <param name="factor">Factor on the bound.</param>
    /// <param name="run">Runs it in the backend's place.</param>
    public static T[] Run(IBackend<T> backend, GemmArgs p, bool bias = false, int start = Guard, double factor = 1, Action<GemmArgs>? run = null)
    {
        var random = new Random(17 + p.M + (31 * p.N) + (1009 * p.K));
        int rowsA = p.TransposeA ? p.K : p.M, colsA = p.TransposeA ? p.M : p.K, rowsB = p.TransposeB ? p.N : p.K, colsB = p.TransposeB ? p.K : p.N;
        int lda = p.Lda == 0 ? colsA : p.Lda, ldb = p.Ldb == 0 ? colsB : p.Ldb, ldc = p.Ldc == 0 ? p.N : p.Ldc, last = p.Batch - 1;
        T[] a = Draw((rowsA * lda) + (last * p.StrideA)), b = Draw((rowsB * ldb) + (last * p.StrideB)), c = Draw((p.M * ldc) + (last * p.StrideC)), row = Draw(bias ? p.N : 0);
        Slice sa = Place(a), sb = Place(b), sc = Place(c), sr = Place(row);
        p = p with { A = sa, B = sb, C = sc, Bias = bias ? sr : Slice.None };
        if (run is null) backend.Gemm(p);
        else run(p);
        var got = new T[c.Length + (2 * Guard) + start];
        backend.Read(new Slice(sc.Block, 0, got.Length), got);
        T[] result = [.. c];
        var written = new bool[c.Length];
        for (int q = 0; q < p.Batch; q++)
            for (int i = 0; i < p.M; i++)
                for (int j = 0; j < p.N; j++)
                {
                    double sum = 0, size = 0;
                    for (int l = 0; l < p.K; l++)
                    {
                        double term = D(a[(q * p.StrideA) + (p.TransposeA ? (l * lda) + i : (i * lda) + l)]) * D(b[(q * p.StrideB) + (p.TransposeB ? (j * ldb) + l : (l * ldb) + j)]);
                        sum += term;
                        size += Math.Abs(term);
                    }
                    int at = (q * p.StrideC) + (i * ldc) + j;
                    double first = p.Accumulate ? D(c[at]) : bias ? D(row[j]) : 0, wanted = first + (p.Alpha * sum), is_ = D(got[start + at]);
                    double bound = factor * Epsilon * (p.K + 4) * (size + Math.Abs(first));
                    Assert.True(Math.Abs(is_ - wanted) <= bound, $"{p}: element ({i}, {j}) of product {q} is {is_}, expected {wanted} within {bound:g3}");
                    result[at] = got[start + at];
                    written[at] = true;
                }
        for (int i = 0; i < got.Length; i++)
            if (i < start || i - start >= c.Length || !written[i - start])
                Assert.True(got[i] == (i < start || i - start >= c.Length ? T.Zero : c[i - start]), $"{p}: wrote beside the result, at {i - start}");
        foreach (Slice s in (ReadOnlySpan<Slice>)[sa, sb, sc, sr]) backend.Release(s);
        return result;

        Slice Place(T[] values)
        {
            Slice block = backend.Allocate(values.Length + (2 * Guard) + start), part = block.Part(start, values.Length);
            backend.Write(values, part);
            return part;
        }

        T[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => T.CreateTruncating((2 * random.NextDouble()) - 1))];
    }

    private static double D(T value) => double.CreateTruncating(value);
}
