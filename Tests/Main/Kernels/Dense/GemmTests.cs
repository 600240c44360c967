using System.Numerics;
using System.Runtime.InteropServices;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed unsafe class GemmTests
{
    private const int Guard = 19;

    /// <summary>One product with padded rows and guard cells around C, in native memory.</summary>
    private sealed class Case<T> : IDisposable
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public readonly bool TransposeA, TransposeB, Accumulate;
        public readonly int M, N, K, Lda, Ldb, Ldc, LengthA, LengthB, LengthC;
        public readonly T Alpha;
        public readonly T* A, B, C, Expected, Bias;

        public Case(Random random, bool transposeA, bool transposeB, int m, int n, int k, double alpha, bool accumulate, int pad, bool bias = false)
        {
            (TransposeA, TransposeB, Accumulate, M, N, K, Alpha) = (transposeA, transposeB, accumulate, m, n, k, T.CreateChecked(alpha));
            Lda = (transposeA ? m : k) + (pad == 0 ? 0 : random.Next(pad));
            Ldb = (transposeB ? k : n) + (pad == 0 ? 0 : random.Next(pad));
            Ldc = n + (pad == 0 ? 0 : random.Next(pad));
            LengthA = (transposeA ? k : m) * Lda;
            LengthB = (transposeB ? n : k) * Ldb;
            LengthC = m * Ldc + 2 * Guard;
            A = Fill(random, LengthA);
            B = Fill(random, LengthB);
            C = Fill(random, LengthC);
            Expected = Fill(random, LengthC);
            Bias = bias ? Fill(random, n) : null;
            new Span<T>(C, LengthC).CopyTo(new Span<T>(Expected, LengthC));
        }

        public override string ToString() =>
            $"{typeof(T).Name} {(TransposeA ? 'T' : 'N')}{(TransposeB ? 'T' : 'N')} m={M} n={N} k={K} lda={Lda} ldb={Ldb} ldc={Ldc} alpha={Alpha} accumulate={Accumulate} bias={Bias is not null}";

        public void RunReal(Workers? workers = null) =>
            Gemm.Run(TransposeA, TransposeB, M, N, K, Alpha, A, Lda, B, Ldb, Accumulate, C + Guard, Ldc, workers, Bias);

        public void RunReference() =>
            ReferenceGemm.Run(TransposeA, TransposeB, M, N, K, Alpha, A, Lda, B, Ldb, Accumulate, Expected + Guard, Ldc, Bias);

        /// <summary>Rounding errors of both sums, relative to the sum of absolute values (Higham, section 3.1), and everything outside C untouched.</summary>
        public void AssertEqual()
        {
            T unit = T.BitIncrement(T.One) - T.One;
            for (int x = 0; x < LengthC; x++)
            {
                int i = (x - Guard) / Math.Max(Ldc, 1), j = (x - Guard) % Math.Max(Ldc, 1);
                bool inside = x >= Guard && i < M && j < N && Ldc > 0;
                if (!inside)
                {
                    Assert.True(C[x] == Expected[x], $"{this}: cell {x - Guard} outside C was overwritten");
                    continue;
                }
                T scale = T.One;
                for (int p = 0; p < K; p++)
                    scale += T.Abs((TransposeA ? A[p * Lda + i] : A[i * Lda + p]) * (TransposeB ? B[j * Ldb + p] : B[p * Ldb + j]));
                T bound = unit * T.CreateChecked(2 + Math.Sqrt(K) + K / 8.0) * scale;
                Assert.True(T.Abs(C[x] - Expected[x]) <= bound, $"{this}: C[{i},{j}] is {C[x]}, expected {Expected[x]}, bound {bound}");
            }
        }

        public byte[] Bits() => MemoryMarshal.AsBytes(new Span<T>(C, LengthC)).ToArray();

        public void ResetC()
        {
            var random = new Random(99);
            for (int x = 0; x < LengthC; x++) C[x] = T.CreateChecked(random.NextDouble());
        }

        public void Dispose()
        {
            NativeMemory.AlignedFree(A);
            NativeMemory.AlignedFree(B);
            NativeMemory.AlignedFree(C);
            NativeMemory.AlignedFree(Expected);
            NativeMemory.AlignedFree(Bias);
        }

        private static T* Fill(Random random, int length)
        {
            T* cells = (T*)NativeMemory.AlignedAlloc((nuint)(Math.Max(length, 1) * sizeof(T)), 64);
            for (int i = 0; i < length; i++) cells[i] = T.CreateChecked(2 * random.NextDouble() - 1);
            return cells;
        }
    }

    private static void Check<T>(Random random, int form, int m, int n, int k, double alpha = 1, bool accumulate = false, int pad = 0, bool bias = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var x = new Case<T>(random, (form & 1) != 0, (form & 2) != 0, m, n, k, alpha, accumulate, pad, bias);
        x.RunReal();
        x.RunReference();
        x.AssertEqual();
    }

    private static void RandomShapes<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(20260101);
        for (int round = 0; round < 400; round++)
        {
            int limit = round % 4 == 0 ? 9 : round % 4 == 1 ? 40 : 130;
            Check<T>(
                random, round & 3, random.Next(1, limit), random.Next(1, limit), random.Next(1, limit),
                random.Next(3) == 0 ? 1 : 2 * random.NextDouble() - 1, random.Next(2) == 0, random.Next(2) * 7, random.Next(2) == 0);
        }
    }

    [Fact]
    public void RandomShapesFloat() => RandomShapes<float>();

    [Fact]
    public void RandomShapesDouble() => RandomShapes<double>();

    private static void EveryTail<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(7);
        for (int form = 0; form < 4; form++)
            for (int m = 1; m <= 30; m++)
                for (int n = 1; n <= 34; n += m % 3 + 1)
                    Check<T>(random, form, m, n, 1 + (m + n) % 9, pad: n % 2 * 3, accumulate: m % 2 == 0, bias: n % 2 == 0);
    }

    [Fact]
    public void EveryTailFloat() => EveryTail<float>();

    [Fact]
    public void EveryTailDouble() => EveryTail<double>();

    /// <summary>Several row blocks, passes over k, page-sized strides, packed and direct operands.</summary>
    [Theory]
    [InlineData(100, 300, 784)]
    [InlineData(601, 97, 33)]
    [InlineData(290, 230, 65)]
    [InlineData(37, 250, 1300)]
    [InlineData(30, 210, 4200)]
    [InlineData(20, 1024, 70)]
    [InlineData(16, 64, 1024)]
    [InlineData(1, 784, 100)]
    [InlineData(784, 1, 100)]
    [InlineData(310, 40, 1)]
    [InlineData(430, 70, 800)]
    [InlineData(310, 170, 1024)]
    [InlineData(90, 90, 90)]
    public void LargeShapes(int m, int n, int k)
    {
        var random = new Random(m + 7 * n + 31 * k);
        for (int form = 0; form < 4; form++)
        {
            Check<float>(random, form, m, n, k, -0.5, form % 2 == 0, form * 2, form % 2 == 1);
            Check<double>(random, form, m, n, k, 1, form % 2 == 1, 0, form % 2 == 0);
        }
    }

    /// <summary>More of A or of B than is packed at once.</summary>
    [Fact]
    public void SlabsAndChunks()
    {
        var random = new Random(3);
        Check<float>(random, 1, 10600, 2, 800);
        Check<float>(random, 2, 2, 5300, 800, bias: true);
    }

    [Fact]
    public void EmptyProducts()
    {
        var random = new Random(1);
        for (int form = 0; form < 4; form++)
        {
            Check<float>(random, form, 5, 7, 0, pad: 3);
            Check<float>(random, form, 5, 7, 0, pad: 3, bias: true);
            Check<double>(random, form, 5, 7, 0, accumulate: true, pad: 3);
            Check<float>(random, form, 0, 7, 3, pad: 3);
            Check<float>(random, form, 7, 0, 3, pad: 3);
            Gemm.Run<float>(false, false, 0, 0, 0, 1, null, 0, null, 0, false, null, 0);
        }
    }

    private static void Special<T>(int m, int n, int k)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(5);
        for (int form = 0; form < 4; form++)
            foreach (double value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            {
                using var x = new Case<T>(random, (form & 1) != 0, (form & 2) != 0, m, n, k, 1, false, 0);

                // Each special value also meets zeros: skipping them would lose it.
                for (int p = 0; p < k; p++)
                {
                    x.A[x.TransposeA ? p * x.Lda : p] = T.Zero;
                    x.B[x.TransposeB ? p : p * x.Ldb] = T.Zero;
                }
                int pa = k / 2, pb = k / 3;
                x.A[x.TransposeA ? pa * x.Lda + m - 1 : (m - 1) * x.Lda + pa] = T.CreateChecked(value);
                x.B[x.TransposeB ? (n - 1) * x.Ldb + pb : pb * x.Ldb + n - 1] = T.CreateChecked(value);

                // Overwriting must not read C.
                for (int i = Guard; i < x.LengthC - Guard; i++) x.C[i] = T.NaN;
                x.RunReal();
                x.RunReference();
                for (int i = Guard; i < x.LengthC - Guard; i++)
                {
                    string text = $"{x}: with {value}, cell {i - Guard} is {x.C[i]}, expected {x.Expected[i]}";
                    Assert.True(T.IsNaN(x.C[i]) == T.IsNaN(x.Expected[i]), text);
                    Assert.True(T.IsInfinity(x.C[i]) ? x.C[i] == x.Expected[i] : !T.IsInfinity(x.Expected[i]), text);
                }
            }
    }

    [Theory]
    [InlineData(3, 5, 4)]
    [InlineData(13, 32, 20)]
    [InlineData(29, 217, 51)]
    public void NanAndInfinityPropagate(int m, int n, int k)
    {
        Special<float>(m, n, k);
        Special<double>(m, n, k);
    }

    private static void SameBits<T>(int m, int n, int k, bool accumulate)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var two = new Workers(2);
        using var three = new Workers(3);
        for (int form = 0; form < 4; form++)
        {
            using var x = new Case<T>(new Random(form), (form & 1) != 0, (form & 2) != 0, m, n, k, 0.75, accumulate, 4, !accumulate);
            x.ResetC();
            x.RunReal();
            byte[] expected = x.Bits();
            foreach (Workers workers in new[] { two, three })
                for (int round = 0; round < 3; round++)
                {
                    x.ResetC();
                    x.RunReal(workers);
                    Assert.True(expected.AsSpan().SequenceEqual(x.Bits()), $"{x}: {workers.Threads} threads give other bits than one");
                }
        }
    }

    [Theory]
    [InlineData(100, 300, 784, false)]
    [InlineData(601, 97, 33, true)]
    [InlineData(70, 270, 1300, true)]
    [InlineData(1000, 20, 64, false)]
    [InlineData(500, 300, 400, false)]
    [InlineData(150, 200, 1024, true)]
    public void ThreadsGiveTheSameBits(int m, int n, int k, bool accumulate)
    {
        SameBits<float>(m, n, k, accumulate);
        SameBits<double>(m, n, k, accumulate);
    }

    [Theory]
    [InlineData(1, 30, 40, 20)]
    [InlineData(100, 20, 33, 17)]
    [InlineData(3, 128, 128, 128)]
    [InlineData(0, 4, 4, 4)]
    public void BatchedEqualsOneByOne(int batch, int m, int n, int k)
    {
        using var workers = new Workers(3);
        int strideA = m * k + 3, strideB = n * k + 1, strideC = m * n + 5;
        var random = new Random(batch);
        float[] a = Cells(batch * strideA), b = Cells(batch * strideB), start = Cells(batch * strideC);
        float[] expected = start.ToArray(), one = start.ToArray(), many = start.ToArray();
        fixed (float* pa = a, pb = b, pe = expected, po = one, pm = many)
        {
            for (int i = 0; i < batch; i++)
                Gemm.Run(true, false, m, n, k, 0.5f, pa + i * strideA, m, pb + i * strideB, n, true, pe + i * strideC, n);
            Gemm.RunBatched(batch, true, false, m, n, k, 0.5f, pa, m, strideA, pb, n, strideB, true, po, n, strideC);
            Gemm.RunBatched(batch, true, false, m, n, k, 0.5f, pa, m, strideA, pb, n, strideB, true, pm, n, strideC, workers);
        }
        Assert.Equal(expected, one);
        Assert.Equal(expected, many);
        Assert.True(batch == 0 || !expected.SequenceEqual(start), "the product left C as it was");

        float[] Cells(int length)
        {
            var cells = new float[length];
            for (int i = 0; i < length; i++) cells[i] = random.NextSingle() - 0.5f;
            return cells;
        }
    }

    [Fact]
    public void NoAllocationOnOneThread()
    {
        using var x = new Case<float>(new Random(2), false, true, 100, 200, 300, 1, false, 0);
        using var small = new Case<double>(new Random(2), true, false, 3, 5, 2, 1, true, 0);
        x.RunReal();
        small.RunReal();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            x.RunReal();
            small.RunReal();
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        float cell = 0;
        float* p = &cell;
        var sizes = Assert.Throws<ArgumentException>(() => Gemm.Run(false, false, 2, -1, 3, 1f, p, 3, p, 1, false, p, 1));
        Assert.Contains("n = -1", sizes.Message);
        var stride = Assert.Throws<ArgumentException>(() => Gemm.Run(false, false, 2, 4, 3, 1f, p, 3, p, 4, false, p, 3));
        Assert.Contains("ldc >= 4", stride.Message);
        Assert.Throws<ArgumentException>(() => Gemm.RunBatched(-1, false, false, 1, 1, 1, 1f, p, 1, 0, p, 1, 0, false, p, 1, 0));
    }

    [Fact]
    public void WrongBiasIsRefused()
    {
        using var simd = new SimdBackend<float>(1);
        using var reference = new ReferenceBackend<float>();
        foreach (IBackend<float> backend in new IBackend<float>[] { simd, reference })
        {
            Slice a = backend.Allocate(6), b = backend.Allocate(6), c = backend.Allocate(4), bias = backend.Allocate(3);
            var product = new GemmArgs(2, 2, 3, a, b, c);
            Assert.Contains("must have 2", Assert.Throws<ArgumentException>(() => backend.Gemm(product with { Bias = bias })).Message);
            Assert.Contains("Accumulate", Assert.Throws<ArgumentException>(() => backend.Gemm(product with { Bias = bias.Part(0, 2), Accumulate = true })).Message);
            Assert.Contains("overlaps the bias", Assert.Throws<ArgumentException>(() => backend.Gemm(product with { Bias = c.Part(1, 2) })).Message);
            backend.Write([3, 4, 0], bias);
            backend.Gemm(product with { Bias = bias.Part(0, 2) });
            var rows = new float[4];
            backend.Read(c, rows);
            Assert.Equal([3, 4, 3, 4], rows);
        }
    }
}
