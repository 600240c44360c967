using FsCheck;
using FsCheck.Fluent;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What must hold for any shape and any numbers, on cases that FsCheck draws and shrinks. The seed is fixed, so a failure comes again.</summary>
public sealed class RandomShapes
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20_260_101, 7);

    private static readonly Arbitrary<(int M, int N, int K, int Form)> Products = Arb.From(
        from m in Gen.Choose(1, 40)
        from n in Gen.Choose(1, 40)
        from k in Gen.Choose(0, 40)
        from form in Gen.Choose(0, 7)
        select (m, n, k, form));

    [Fact]
    public void The_fast_product_is_the_naive_one_and_distributes_over_a_batch()
        => Prop.ForAll(Products, p =>
        {
            using var simd = new SimdBackend<double>(2);
            using var reference = new ReferenceBackend<double>();
            return Close(Multiply(simd, p), Multiply(reference, p), 1e-12);
        }).Check(Fixed);

    [Fact]
    public void A_linear_flow_comes_back_and_its_log_determinants_cancel()
    {
        Arbitrary<(int D, int Rows, int Seed)> shapes = Arb.From(
            from d in Gen.Choose(1, 12)
            from rows in Gen.Choose(1, 9)
            from seed in Gen.Choose(0, 1 << 20)
            select (d, rows, seed));
        Prop.ForAll(shapes, s =>
        {
            using var backend = new SimdBackend<double>(1);
            using var flow = new Flow<double>([new Linear<double>(s.D), new SmoothLeakyRelu<double>(s.D, 0.3), new Linear<double>(s.D)], new StandardNormal<double>(s.D), (ulong)s.Seed, backend);
            using var tape = new Tape<double>(backend, flow.Store) { RecordsGradients = false };
            double[] x = Dense.Random((ulong)s.Seed + 1, s.Rows, s.D, 2), back = new double[x.Length], sum = new double[s.Rows];
            FlowStep there = flow.Forward(tape, tape.Input(x, s.Rows, s.D), new StepContext());
            FlowStep again = flow.Inverse(tape, there.Output, new StepContext());
            tape.Read(again.Output, back);
            tape.Read(tape.Add(there.LogAbsDet, again.LogAbsDet), sum);
            return Close(back, x, 1e-9) && sum.All(v => Math.Abs(v) < 1e-8);
        }).Check(Fixed);
    }

    [Fact]
    public void Any_numbers_survive_a_tensor_file()
    {
        using var folder = new TempFolder();
        string path = folder.At("numbers.safetensors");
        Prop.ForAll(ArbMap.Default.ArbFor<double[]>(), numbers =>
        {
            var writer = new TensorFileWriter();
            writer.Add<double>("numbers", [numbers.Length], numbers);
            writer.Write(path);
            using TensorFile file = TensorFile.Open(path);
            file.VerifyChecksum();
            // Bit patterns, since a NaN is not equal to itself.
            return file.ReadDoubles("numbers").Select(BitConverter.DoubleToInt64Bits).SequenceEqual(numbers.Select(BitConverter.DoubleToInt64Bits));
        }).Check(Fixed);
    }

    [Fact]
    public void A_broken_property_is_reported()
        => Assert.ThrowsAny<Exception>(() => Prop.ForAll(Products, p => p.M < 30).Check(Fixed));

    [Fact]
    public void A_batch_whose_results_overlap_is_refused()
    {
        using var backend = new SimdBackend<double>(2);
        Slice a = backend.Allocate(8), b = backend.Allocate(8), c = backend.Allocate(8);
        ArgumentException e = Assert.Throws<ArgumentException>(() => backend.Gemm(new GemmArgs(2, 2, 2, a, b, c) { Batch = 2, StrideA = 4, StrideB = 4, StrideC = 3 }));
        Assert.Contains("StrideC is 3", e.Message);
        backend.Gemm(new GemmArgs(2, 2, 2, a, b, c) { Batch = 2, StrideA = 4, StrideB = 0, StrideC = 4 });
    }

    private static double[] Multiply(IBackend<double> backend, (int M, int N, int K, int Form) p)
    {
        const int batch = 3;
        Slice a = backend.Allocate(batch * p.M * p.K), b = backend.Allocate(batch * p.K * p.N), c = backend.Allocate(batch * p.M * p.N);
        backend.Write(Dense.Random(1, 1, a.Length), a);
        backend.Write(Dense.Random(2, 1, b.Length), b);
        backend.Write(Dense.Random(3, 1, c.Length), c);
        Slice bias = (p.Form & 4) == 0 && p.M % 2 == 0 ? backend.Allocate(p.N) : Slice.None;
        if (!bias.IsNone) backend.Write(Dense.Random(4, 1, p.N), bias);
        backend.Gemm(new GemmArgs(p.M, p.N, p.K, a, b, c)
        {
            TransposeA = (p.Form & 1) != 0,
            TransposeB = (p.Form & 2) != 0,
            Accumulate = (p.Form & 4) != 0,
            Bias = bias,
            Alpha = -0.5,
            Batch = batch,
            StrideA = p.M * p.K,
            StrideB = p.K * p.N,
            StrideC = p.M * p.N,
        });
        var result = new double[c.Length];
        backend.Read(c, result);
        return result;
    }

    private static bool Close(double[] a, double[] b, double tolerance)
    {
        double scale = 1 + b.Select(Math.Abs).DefaultIfEmpty().Max();
        return a.Zip(b).All(p => Math.Abs(p.First - p.Second) <= tolerance * scale);
    }
}
