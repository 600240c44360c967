using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The strategies on convolutions, against plain arrays: the dense matrix of the whole map, its inverse, and sums over the places of each tap.</summary>
public sealed class ConvolutionStrategyTests
{
    private const int Rows = 3;

    private static readonly ConvShape[] Shapes =
    [
        ConvShape.Same(2, 2, 3, 4, 3), ConvShape.Same(1, 1, 5, 3, 5), ConvShape.Same(3, 3, 2, 2, 1), ConvShape.Same(1, 1, 2, 6, 3), ConvShape.Same(2, 2, 2, 3, 5),
        ConvShape.Same(2, 2, 3, 4, 3, circular: true), ConvShape.Same(1, 1, 5, 6, 5, circular: true), ConvShape.Same(3, 3, 2, 2, 1, circular: true), ConvShape.Same(1, 1, 3, 2, 3, circular: true),
    ];

    public static TheoryData<int, string> Cases
    {
        get
        {
            var cases = new TheoryData<int, string>();
            for (int i = 0; i < Shapes.Length; i++)
                foreach (string backend in (string[])["reference", "simd"]) cases.Add(i, backend);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Exact_strategies_give_the_dense_gradient(int index, string backendName)
    {
        ConvShape shape = Shapes[index];
        (double[] w, _, double[] b, double[] x) = Numbers(shape);
        int d = shape.InLength;
        double[] t = ConvolutionStrategyRun.Matrix(shape, w);
        (double[] inverse, double logDet) = Dense.Invert(t, d);
        double[] z = Dense.Multiply(x, Dense.Transpose(t, d, d), Rows, d, d);
        for (int i = 0; i < z.Length; i++) z[i] += b[i % d / shape.Pixels];
        double[] dz = Dense.Scale(z, 1.0 / Rows), gb = new double[b.Length];
        for (int i = 0; i < dz.Length; i++) gb[i % d / shape.Pixels] += dz[i];
        double[] gw = ConvolutionStrategyRun.Collapse(shape, Dense.Add(Dense.Multiply(Dense.Transpose(dz, Rows, d), x, d, Rows, d), Dense.Transpose(inverse, d, d), -1));
        using IBackend<double> backend = Backend(backendName);
        int found = 0;
        foreach (IJacobianStrategy<double> strategy in (IJacobianStrategy<double>[])[new ExactLu<double>(), new BruteForce<double>(), new BandedExact<double>(), new FftExact<double>(), new StaleInverse<double>(1)])
        {
            if ((strategy.Supports & (shape.Circular ? SiteKinds.CircularConvolution : SiteKinds.Convolution)) == 0) continue;
            found++;
            ConvolutionStrategyRun run = ConvolutionStrategyRun.Of(strategy, shape, w, b, null, x, backend);
            Dense.Close(strategy.Name + " z", z, run.Z, 1e-12);
            Dense.Close(strategy.Name + " dX", Dense.Multiply(dz, t, Rows, d, d), run.GradX, 1e-12);
            Dense.Close(strategy.Name + " G_w", gw, run.GradW, 1e-10);
            Dense.Close(strategy.Name + " G_b", gb, run.GradB, 1e-12);
            Assert.Equal(strategy.Value, run.Step.Value);
            Assert.Equal(strategy.Gradient, run.Step.Gradient);
            Assert.Equal(strategy.Value == ValueKind.Exact ? logDet : 0, run.LogDet, 1e-11);
        }
        Assert.Equal(4, found);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_self_normalizing_gradient_is_the_dense_formula_summed_over_the_places_of_each_tap(int index, string backendName)
    {
        // The formulas of the dense layer at T(w) and T(r), term by term, at an r that is not the inverse; then each tap's places are summed.
        const double lambda = 0.7;
        ConvShape shape = Shapes[index];
        (double[] w, double[] r, double[] b, double[] x) = Numbers(shape);
        int d = shape.InLength;
        double[] t = ConvolutionStrategyRun.Matrix(shape, w), inverse = ConvolutionStrategyRun.Matrix(shape, r);
        double[] tt = Dense.Transpose(t, d, d), rt = Dense.Transpose(inverse, d, d), zt = Dense.Multiply(x, tt, Rows, d, d);
        double[] z = [.. zt.Select((v, i) => v + b[i % d / shape.Pixels])], dz = Dense.Scale(z, 1.0 / Rows), dx = Dense.Multiply(dz, t, Rows, d, d);
        double[] e = Dense.Add(Dense.Multiply(zt, rt, Rows, d, d), x, -1), p = Dense.Multiply(e, inverse, Rows, d, d);
        double k = 2 * lambda / Rows;
        using IBackend<double> backend = Backend(backendName);
        foreach (bool published in (bool[])[true, false])
        {
            double a = published ? 0.5 : 1;
            double[] gw = Dense.Add(Dense.Multiply(Dense.Transpose(Dense.Add(Dense.Scale(dz, a), p, k), Rows, d), x, d, Rows, d), rt, -a);
            double[] gr = Dense.Multiply(Dense.Transpose(published ? Dense.Add(Dense.Scale(dx, -0.5), e, k) : Dense.Scale(e, k), Rows, d), zt, d, Rows, d);
            if (published) gr = Dense.Add(gr, tt, 0.5);
            SelfNormalizing<double> strategy = published ? SelfNormalizing<double>.Published(lambda) : SelfNormalizing<double>.ReconstructionOnly(lambda);
            ConvolutionStrategyRun run = ConvolutionStrategyRun.Of(strategy, shape, w, b, r, x, backend);
            Dense.Close("G_w", ConvolutionStrategyRun.Collapse(shape, gw), run.GradW, 1e-12);
            Dense.Close("G_r", ConvolutionStrategyRun.Collapse(shape, gr), run.GradR, 1e-12);
            Dense.Close("dX", dx, run.GradX, 1e-12);
            Assert.Equal(lambda / Rows * e.Sum(v => v * v), run.Penalty, 1e-12);
            Assert.Equal(0, run.LogDet);
            Assert.Equal(ValueKind.None, run.Step.Value);
        }
    }

    [Theory]
    [InlineData("snf-published", 0)]
    [InlineData("snf-reconstruction", 0)]
    [InlineData("snf-published-probes", 4)]
    [InlineData("snf-reconstruction-probes", 2)]
    public void The_penalty_gradient_is_the_gradient_of_the_penalty(string name, int probes)
    {
        IJacobianStrategy<double> strategy = JacobianRegistry.Create<double>(name, weight: 0.7, probes: probes == 0 ? null : probes);
        using var backend = new SimdBackend<double>(1);
        foreach (ConvShape shape in (ConvShape[])[Shapes[0], Shapes[5]])
        {
            (double[] w, double[] r, double[] b, double[] x) = Numbers(shape);
            ConvolutionStrategyRun run = ConvolutionStrategyRun.Of(strategy, shape, w, b, r, x, backend, penaltyOnly: true);
            double[] ByDifferences(double[] parameter)
            {
                var g = new double[parameter.Length];
                for (int i = 0; i < g.Length; i++)
                {
                    double keep = parameter[i], h = 1e-5;
                    parameter[i] = keep + h;
                    double up = ConvolutionStrategyRun.Of(strategy, shape, w, b, r, x, backend, true).Penalty;
                    parameter[i] = keep - h;
                    double down = ConvolutionStrategyRun.Of(strategy, shape, w, b, r, x, backend, true).Penalty;
                    parameter[i] = keep;
                    g[i] = (up - down) / (2 * h);
                }
                return g;
            }
            Dense.Close("dPenalty/dw", ByDifferences(w), run.GradW, 1e-8);
            Dense.Close("dPenalty/dr", ByDifferences(r), run.GradR, 1e-8);
            Assert.All(run.GradX, v => Assert.Equal(0, v));
            Assert.All(run.GradB, v => Assert.Equal(0, v));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Tap_identity_the_places_of_the_transposed_matrix_of_r_sum_to_flip_r_times_m(int index, string backendName)
    {
        ConvShape shape = Shapes[index];
        double[] r = Numbers(shape).R;
        int d = shape.InLength;
        double[] sums = ConvolutionStrategyRun.Collapse(shape, Dense.Transpose(ConvolutionStrategyRun.Matrix(shape, r), d, d)), flipped = new double[r.Length];
        using IBackend<double> backend = Backend(backendName);
        Slice from = backend.Allocate(r.Length), to = backend.Allocate(r.Length);
        backend.Write(r, from);
        BasicKernels<double>.Fill(backend, to, 0);
        SelfNormalizingConvOp<double>.AddTapCounts(backend, shape, from, to, 1);
        backend.Read(to, flipped);
        Assert.Contains(sums, v => Math.Abs(v) > 1);
        Dense.Close("flip(r) m", sums, flipped, 1e-14);
        foreach (Slice s in (ReadOnlySpan<Slice>)[from, to]) backend.Release(s);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_stale_gradient_stays_until_its_refresh(int index)
    {
        ConvShape shape = Shapes[index];
        (double[] w, double[] moved, _, double[] x) = Numbers(shape);
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        Var weight = store.AddParameter("weight", shape.OutChannels, shape.WeightColumns, w);
        var strategy = new StaleInverse<double>(2);
        SiteKinds kind = shape.Circular ? SiteKinds.CircularConvolution : SiteKinds.Convolution;
        JacobianSite site = strategy.Attach(store, new JacobianSite(kind, "site", shape.InLength, weight, Var.None) { Convolution = shape }, w);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        double[] Gradient()
        {
            tape.Reset();
            tape.Backward(strategy.Record(tape, site, tape.Input(x, Rows, shape.InLength), new StepContext { Mode = FlowMode.Train }).LogAbsDet);
            return store.ReadGradient(weight);
        }
        double[] Exact(double[] at)
            => ConvolutionStrategyRun.Collapse(shape, Dense.Transpose(Dense.Invert(ConvolutionStrategyRun.Matrix(shape, at), shape.InLength).Inverse, shape.InLength, shape.InLength));
        Dense.Close("first", Exact(w), Gradient(), 1e-10);
        store.Write(weight, moved);
        Dense.Close("stale", Exact(w), Gradient(), 1e-10);
        Dense.Close("refreshed", Exact(moved), Gradient(), 1e-10);
    }

    [Fact]
    public void Probes_keep_the_value_and_call_the_gradient_unbiased()
    {
        ConvShape shape = Shapes[0];
        (double[] w, _, double[] b, double[] x) = Numbers(shape);
        using var backend = new SimdBackend<double>(1);
        ConvolutionStrategyRun exact = ConvolutionStrategyRun.Of(new BandedExact<double>(), shape, w, b, null, x, backend);
        ConvolutionStrategyRun few = ConvolutionStrategyRun.Of(new BandedExact<double>(2), shape, w, b, null, x, backend);
        ConvolutionStrategyRun many = ConvolutionStrategyRun.Of(new BandedExact<double>(20000), shape, w, b, null, x, backend);
        Assert.Equal(GradientKind.Unbiased, few.Step.Gradient);
        Assert.Equal(ValueKind.Exact, few.Step.Value);
        Assert.Equal(exact.LogDet, few.LogDet, 1e-11);
        double Distance(ConvolutionStrategyRun run) => Math.Sqrt(run.GradW.Zip(exact.GradW, (a, c) => (a - c) * (a - c)).Sum());
        Assert.True(Distance(few) > 0.01);
        Assert.True(Distance(many) < 0.1 * Distance(few), $"{Distance(many)} against {Distance(few)}");
    }

    [Theory]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"padding":"circular","strategy":{"name":"banded-exact"}}""", "fft-exact")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"strategy":{"name":"fft-exact"}}""", "banded-exact")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"strategy":{"name":"relative"}}""", "'relative'")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"strategy":{"name":"newton-schulz"}}""", "'newton-schulz'")]
    [InlineData("""{"kind":"linear","dimension":4,"strategy":{"name":"banded-exact"}}""", "exact-lu")]
    [InlineData("""{"kind":"linear","dimension":4,"strategy":{"name":"fft-exact"}}""", "exact-lu")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"kernel":2}""", "odd")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"kernel":-1}""", "odd")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"kernel":257}""", "127")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"padding":"mirror"}""", "circular")]
    [InlineData("""{"kind":"conv2d","channels":0,"height":4,"width":4}""", "channels")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":4,"width":4,"strategy":{"name":"fft-exact","probes":2}}""", "probes")]
    public void Wrong_pairings_are_one_clear_line(string recipe, string expected)
    {
        using JsonDocument json = JsonDocument.Parse(recipe);
        BadInputException e = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<float>(json.RootElement.GetProperty("kind").GetString()!, json.RootElement));
        Assert.DoesNotContain('\n', e.Message);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_inverse_kernel_starts_at_the_inverse_of_an_orthogonal_1x1()
    {
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([new Conv2d<double>(new ImageShape(4, 2, 3), 1, strategy: SelfNormalizing<double>.Published(1))], new StandardNormal<double>(24), seed: 3, backend);
        double[] z = Dense.Random(8, 2, 24);
        double[] w = flow.Store.Read(flow.Store.Find("layers.0.weight")), one = Dense.Multiply(w, Dense.Transpose(w, 4, 4), 4, 4, 4);
        Dense.Close("w w^T", [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], one, 1e-14);
        Assert.True(Math.Abs(w[0]) < 0.999);
        Dense.Close("learned inverse", flow.Sample(2, seed: 1), flow.Sample(2, seed: 1, InverseKind.Learned), 1e-13);
    }

    // Kernels near the identity, so that every map is well away from singular; r is no inverse of w.
    private static (double[] W, double[] R, double[] B, double[] X) Numbers(ConvShape shape)
    {
        double[] Kernel(ulong seed)
        {
            double[] w = Dense.Random(seed, shape.OutChannels, shape.WeightColumns, 0.4 / Math.Sqrt(shape.WeightColumns));
            for (int c = 0; c < shape.InChannels; c++) w[(((c * shape.InChannels) + c) * shape.Taps) + (shape.Taps / 2)] += 1;
            return w;
        }
        return (Kernel(1), Kernel(2), Dense.Random(3, 1, shape.OutChannels), Dense.Random(4, Rows, shape.InLength));
    }

    private static IBackend<double> Backend(string name) => name == "reference" ? new ReferenceBackend<double>() : new SimdBackend<double>(2);
}
