using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;
using Xunit.Abstractions;

namespace NativeFlow.Tests;

/// <summary>Products by matrix instructions, and how exact they are.</summary>
[Trait("Category", "Gpu")]
public sealed class GemmPrecisionTests(ITestOutputHelper output)
{
    // An operand is rounded to 11 bits; in the threefold form it is known to 22, and the product of the two rests is left out.
    internal const double CutOnce = 2.01 / 2048, CutThrice = 3.01 / 2048 / 2048;

    [Theory]
    [InlineData((int)GemmTiling.Tensor32x32, 35, 41, 27)]
    [InlineData((int)GemmTiling.Tensor32x32, 9, 70, 8)]
    [InlineData((int)GemmTiling.Tensor64x64, 67, 31, 20)]
    [InlineData((int)GemmTiling.Tensor128x128, 130, 61, 20)]
    public void EveryTilingInEveryForm(int tiling, int m, int n, int k)
    {
        using var gpu = GpuEmulation.Single(items: 512);
        for (int form = 0; form < 4; form++)
            for (int variant = 0; variant < 4; variant++)
            {
                if ((tiling != (int)GemmTiling.Tensor32x32 && form != variant) || (tiling == (int)GemmTiling.Tensor128x128 && (form is 0 or 3))) continue;
                gpu.GemmPrecision = ((form ^ variant) & 1) == 0 ? GemmPrecision.Tf32x3 : GemmPrecision.Tf32;
                GemmArgs p = GemmKernelTests.Variant(m, n, k, (form & 1) != 0, (form & 2) != 0, variant);
                var plan = new GemmPlan((GemmTiling)tiling, variant == 3 ? 2 : 1);
                ProductCheck<float>.Run(
                    gpu, p, bias: variant == 1, start: variant == 2 ? 3 : 8, cut: gpu.GemmPrecision == GemmPrecision.Tf32 ? CutOnce : CutThrice,
                    run: a => GemmLaunch<float, EmulatedView<float>, SingleLane>.Run(gpu.Gpu, a, plan));
            }
    }

    // The table of docs/gpu-precision.md.
    [Fact]
    public void ErrorsAreThoseOfThePage()
    {
        double[] bounds = [4e-7, 1e-3, 4e-7];
        foreach (int k in (ReadOnlySpan<int>)[16, 32, 64, 128, 256, 512])
        {
            var errors = new double[3];
            foreach (GemmPrecision precision in Enum.GetValues<GemmPrecision>())
            {
                errors[(int)precision] = Error(precision, 32, k);
                Assert.InRange(errors[(int)precision], 1e-9, bounds[(int)precision]);
            }
            output.WriteLine($"| {k} | {errors[0]:0.0e+0} | {errors[2]:0.0e+0} | {errors[1]:0.0e+0} |");

            // What the page says in words.
            Assert.InRange(errors[1], 100 * errors[0], 1e4 * errors[0]);
            Assert.True(errors[2] < 4 * errors[0], $"k = {k}: three products err by {errors[2]}, one in full precision by {errors[0]}");
        }
    }

    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(1.00048828125f, 1.0009765625f)]
    [InlineData(-1.00048828125f, -1.0009765625f)]
    [InlineData(1.000488f, 1f)]
    [InlineData(3.4028234e38f, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(-0f, -0f)]
    public void RoundsTiesAwayFromZero(float x, float wanted)
        => Assert.Equal(wanted, SingleLane.First(SingleLane.RoundToTf32(SingleLane.Broadcast(x))));

    [Theory]
    [InlineData(GemmPrecision.Tf32, 0x7FFFFFFF)]
    [InlineData(GemmPrecision.Tf32, 0x7F800001)]
    [InlineData(GemmPrecision.Tf32x3, 0x7FFFFFFF)]
    [InlineData(GemmPrecision.Tf32x3, -1)]
    public void NoNanIsLost(GemmPrecision precision, int bits)
    {
        const int N = 40;
        using var gpu = GpuEmulation.Single();
        gpu.GemmPrecision = precision;
        Slice a = gpu.Allocate(N * N), b = gpu.Allocate(N * N), c = gpu.Allocate(N * N);
        var x = new float[N * N];
        x[N + 2] = BitConverter.Int32BitsToSingle(bits);
        gpu.Write(x, a);
        gpu.Gemm(new GemmArgs(N, N, N, a, b, c));
        gpu.Read(c, x);
        for (int i = 0; i < x.Length; i++) Assert.Equal(i / N == 1, float.IsNaN(x[i]));
    }

    [Fact]
    public void RefusedWhereThereAreNone()
    {
        using var twice = GpuEmulation.Double();
        Assert.Contains("single precision", Assert.Throws<NotSupportedException>(() => twice.GemmPrecision = GemmPrecision.Tf32).Message);
        using var without = new GpuBackend<float, EmulatedView<float>, SingleLane>(new GpuEmulator<float>(hasTensorCores: false));
        Assert.Contains("tensor cores", Assert.Throws<NotSupportedException>(() => without.GemmPrecision = GemmPrecision.Tf32x3).Message);
        without.GemmPrecision = GemmPrecision.Full;
        Assert.Equal(GemmPrecision.Full, without.GemmPrecision);
    }

    [Theory]
    [InlineData(32, -1, false, "")]
    [InlineData(64, -1, true, "")]
    [InlineData(32, 7, false, "to which item 7 of its warp never comes")]
    [InlineData(64, 40, true, "to which item 40 of its warp never comes")]
    [InlineData(48, -1, false, "a warp of 16 items")]
    public void TheInstructionNeedsItsWholeWarp(int items, int absent, bool backwards, string fault)
    {
        using var emulator = new GpuEmulator<float>(items, backwards);
        emulator.Allocate(0, items * 4);
        void Launch() => emulator.Launch(new Grid(1, 1, 1, items), new InstructionKernel<EmulatedView<float>>(emulator.View(0, 0, items * 4, Access.Update), absent));
        if (fault != "")
        {
            Assert.Contains(fault, Assert.Throws<KernelFaultException>(Launch).Message);
            return;
        }
        Launch();
        var c = new float[items * 4];
        emulator.Read(0, 0, c);
        for (int item = 0; item < items; item++)
            for (int e = 0; e < 4; e++)
            {
                int row = (item % 32 / 4) + (e / 2 * 8), column = (item % 4 * 2) + (e % 2);
                double wanted = item / 32;
                for (int l = 0; l < 8; l++) wanted += InstructionKernel<EmulatedView<float>>.A(row, l) * (double)InstructionKernel<EmulatedView<float>>.B(l, column);
                Assert.Equal(wanted, c[(4 * item) + e]);
            }
    }

    private static double Error(GemmPrecision precision, int n, int k)
    {
        using var gpu = GpuEmulation.Single();
        gpu.GemmPrecision = precision;
        var random = new Random(3 + k);
        float[] a = Draw(n * k), b = Draw(k * n), c = new float[n * n];
        Slice sa = gpu.Allocate(n * k), sb = gpu.Allocate(k * n), sc = gpu.Allocate(n * n);
        gpu.Write(a, sa);
        gpu.Write(b, sb);
        var tiling = precision == GemmPrecision.Full ? GemmTiling.Tile16x32 : GemmTiling.Tensor32x32;
        GemmLaunch<float, EmulatedView<float>, SingleLane>.Run(gpu.Gpu, new GemmArgs(n, n, k, sa, sb, sc), new GemmPlan(tiling, 1));
        gpu.Read(sc, c);
        double worst = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0, size = 0;
                for (int l = 0; l < k; l++)
                {
                    double term = (double)a[(i * k) + l] * b[(l * n) + j];
                    sum += term;
                    size += Math.Abs(term);
                }
                worst = Math.Max(worst, Math.Abs(c[(i * n) + j] - sum) / size);
            }
        return worst;

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    // c of every warp: its number, plus the product of two matrices of small whole numbers.
    private readonly struct InstructionKernel<TView>(TView c, int absent) : IKernel<float, TView>
        where TView : struct, IView<float>
    {
        public static bool HasBarriers => true;

        public static float A(int row, int l) => (row * 3) + l - 7;

        public static float B(int l, int column) => (l * l) - (column * 5);

        public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView>
        {
            if (group.Item == absent) return;
            int g = group.Item % 32 / 4, t = group.Item % 4;
            float start = group.Item / 32;
            Quad<float> sum = group.MultiplyTf32(
                new Quad<float>(A(g, t), A(g + 8, t), A(g, t + 4), A(g + 8, t + 4)), B(t, g), B(t + 4, g), new Quad<float>(start, start, start, start));
            c.Store4(4 * group.Item, sum);
        }
    }
}
