using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class StrategyTests
{
    private const int D = 5, Rows = 7;

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        // Estimates keep their promise in the mean alone: BlockEstimateTests.
        foreach (string name in JacobianRegistry.NamesFor(SiteKinds.DenseMatrix).Where(n => JacobianRegistry.Create<double>(n) is not BlockEstimate<double>))
            foreach (string backend in (string[])["reference", "simd"]) cases.Add(name, backend);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Keeps_its_promise_at_the_true_inverse(string name, string backend)
        => StrategyConformance.Check(JacobianRegistry.Create<double>(name), PromiseOf(name), Backend(backend));

    [Fact]
    public void A_stale_inverse_of_age_zero_is_exact()
        => StrategyConformance.Check(new StaleInverse<double>(1), Promise.Exact, Backend("simd"));

    [Theory]
    [InlineData("half weight")]
    [InlineData("transposed inverse")]
    [InlineData("no inverse")]
    [InlineData("wrong sign")]
    [InlineData("value without kind")]
    [InlineData("bias forgotten")]
    public void The_suite_rejects_planted_faults(string fault)
        => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => StrategyConformance.Check(new FaultyStrategy(fault), Promise.Exact, Backend("reference")));

    [Fact]
    public void The_suite_rejects_the_authors_bias_of_the_relative_gradient()
        => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => StrategyConformance.Check(new RelativeGradient<double>(biasWithoutLogDet: true), Promise.Relative, Backend("simd")));

    [Theory]
    [InlineData("snf-published", 0)]
    [InlineData("free-form", 0)]
    [InlineData("snf-reconstruction", 0)]
    [InlineData("snf-published-probes", 4)]
    [InlineData("snf-reconstruction-probes", 4)]
    public void The_penalty_gradient_is_the_gradient_of_the_penalty(string name, int probes)
    {
        // Away from the inverse, by central differences in W and R; the penalty must not reach x or b.
        IJacobianStrategy<double> strategy = JacobianRegistry.Create<double>(name, weight: 0.7, probes: probes == 0 ? null : probes);
        using var backend = new SimdBackend<double>(1);
        double[] w = Dense.Random(1, D, D, 0.4, true), r = Dense.Random(2, D, D, 0.4, true), b = Dense.Random(3, 1, D), x = Dense.Random(4, Rows, D);
        StrategyRun run = StrategyRun.Of(strategy, w, b, r, x, backend, penaltyOnly: true);
        double[] ByDifferences(double[] parameter)
        {
            var g = new double[parameter.Length];
            for (int i = 0; i < g.Length; i++)
            {
                double keep = parameter[i], h = 1e-5;
                parameter[i] = keep + h;
                double up = StrategyRun.Of(strategy, w, b, r, x, backend, true).Penalty;
                parameter[i] = keep - h;
                double down = StrategyRun.Of(strategy, w, b, r, x, backend, true).Penalty;
                parameter[i] = keep;
                g[i] = (up - down) / (2 * h);
            }
            return g;
        }
        // The differences re-run Attach with the perturbed W, but R is overwritten with r either way.
        Dense.Close("dPenalty/dW", ByDifferences(w), run.GradW, 1e-8);
        Dense.Close("dPenalty/dR", ByDifferences(r), run.GradR, 1e-8);
        Assert.All(run.GradX, v => Assert.Equal(0, v));
        Assert.All(run.GradB, v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData("snf-published")]
    [InlineData("snf-reconstruction")]
    public void The_fused_gradient_is_the_sum_of_its_terms(string name)
    {
        // Formulas of the house, term by term on plain arrays, at an R that is not the inverse.
        const double lambda = 0.7;
        double[] w = Dense.Random(1, D, D, 0.4, true), r = Dense.Random(2, D, D, 0.4, true), b = Dense.Random(3, 1, D), x = Dense.Random(4, Rows, D);
        using var backend = new SimdBackend<double>(1);
        StrategyRun run = StrategyRun.Of(JacobianRegistry.Create<double>(name, weight: lambda), w, b, r, x, backend);
        double a = name == "snf-published" ? 0.5 : 1;
        double[] wt = Dense.Transpose(w, D, D), rt = Dense.Transpose(r, D, D);
        double[] zt = Dense.Multiply(x, wt, Rows, D, D);
        double[] z = [.. zt.Select((v, i) => v + b[i % D])], dz = Dense.Scale(z, 1.0 / Rows), dx = Dense.Multiply(dz, w, Rows, D, D);
        double[] e = Dense.Add(Dense.Multiply(zt, rt, Rows, D, D), x, -1), p = Dense.Multiply(e, r, Rows, D, D);
        double k = 2 * lambda / Rows;
        double[] gw = Dense.Multiply(Dense.Transpose(Dense.Add(Dense.Scale(dz, a), p, k), Rows, D), x, D, Rows, D);
        gw = Dense.Add(gw, rt, -a);
        double[] left = name == "snf-published" ? Dense.Add(Dense.Scale(dx, -0.5), e, k) : Dense.Scale(e, k);
        double[] gr = Dense.Multiply(Dense.Transpose(left, Rows, D), zt, D, Rows, D);
        if (name == "snf-published") gr = Dense.Add(gr, wt, 0.5);
        Dense.Close("G_W", gw, run.GradW, 1e-12);
        Dense.Close("G_R", gr, run.GradR, 1e-12);
        Assert.Equal(lambda / Rows * e.Sum(v => v * v), run.Penalty, 1e-12);
    }

    [Fact]
    public void The_unfused_update_is_the_fused_one()
    {
        // At an R that is not the inverse; the sums are taken in another order, so not bit for bit.
        double[] w = Dense.Random(1, D, D, 0.4, true), r = Dense.Random(2, D, D, 0.4, true), b = Dense.Random(3, 1, D), x = Dense.Random(4, Rows, D);
        using var backend = new SimdBackend<double>(1);
        StrategyRun fused = StrategyRun.Of(JacobianRegistry.Create<double>("snf-published", weight: 0.7), w, b, r, x, backend);
        StrategyRun unfused = StrategyRun.Of(JacobianRegistry.Create<double>("snf-published-unfused", weight: 0.7), w, b, r, x, backend);
        Dense.Close("z", fused.Z, unfused.Z, 1e-12);
        Dense.Close("G_W", fused.GradW, unfused.GradW, 1e-12);
        Dense.Close("G_R", fused.GradR, unfused.GradR, 1e-12);
        Dense.Close("G_b", fused.GradB, unfused.GradB, 1e-12);
        Dense.Close("dX", fused.GradX, unfused.GradX, 1e-12);
        Assert.Equal(fused.Penalty, unfused.Penalty, 1e-12);
        Assert.True(unfused.Penalty > 0.1);
    }

    [Theory]
    [InlineData("snf-published", 6)]
    [InlineData("snf-published-unfused", 9)]
    [InlineData("snf-published-probes", 9)]
    [InlineData("free-form", 8)]
    [InlineData("snf-reconstruction", 6)]
    [InlineData("snf-reconstruction-probes", 8)]
    public void A_step_takes_so_many_products(string name, int products)
    {
        double[] w = Dense.Random(1, D, D, 0.4, true), b = Dense.Random(3, 1, D), x = Dense.Random(4, Rows, D);
        using var backend = new CountingBackend<double>();
        StrategyRun.Of(JacobianRegistry.Create<double>(name), w, b, null, x, backend);
        Assert.Equal(2L * Rows * D * D * products, backend.ProductFlops);
    }

    [Fact]
    public void The_relative_update_vanishes_at_the_optimum_with_a_bias()
    {
        // Whitened data: choose any W, b, then data x = W^-1 (z - b) with mean zero and identity second moment of z.
        double[] w = Dense.Random(1, D, D, 0.4, true), b = Dense.Random(3, 1, D);
        (double[] inverse, _) = Dense.Invert(w, D);
        int rows = 2 * D;
        var z = new double[rows * D];
        for (int i = 0; i < D; i++) (z[2 * i * D + i], z[(2 * i + 1) * D + i]) = (Math.Sqrt(D), -Math.Sqrt(D));
        double[] centred = [.. z.Select((v, i) => v - b[i % D])];
        double[] x = Dense.Multiply(centred, Dense.Transpose(inverse, D, D), rows, D, D);
        using var backend = new SimdBackend<double>(1);
        Assert.True(b.Max(Math.Abs) > 0.1);
        StrategyRun run = StrategyRun.Of(new RelativeGradient<double>(), w, b, null, x, backend);
        Assert.All(run.GradW, g => Assert.Equal(0, g, 1e-12));
        Assert.All(run.GradB, g => Assert.Equal(0, g, 1e-12));
        StrategyRun published = StrategyRun.Of(new RelativeGradient<double>(biasWithoutLogDet: true), w, b, null, x, backend);
        Assert.True(published.GradB.Max(Math.Abs) > 0.1, "the authors' bias update should not vanish here");
    }

    [Fact]
    public void Newton_Schulz_follows_a_moving_matrix_and_recovers_from_a_jump()
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        var strategy = new NewtonSchulz<double>(1);
        double[] w = Dense.Random(1, D, D, 0.3, true);
        Var weight = store.AddParameter("weight", D, D, w);
        JacobianSite site = strategy.Attach(store, new JacobianSite(SiteKinds.DenseMatrix, "site", D, weight, Var.None), w);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        double Error()
        {
            tape.Reset();
            strategy.Record(tape, site, tape.Input(new double[D], 1, D), new StepContext { Mode = FlowMode.Train });
            double[] inverse = Dense.Invert(store.Read(weight), D).Inverse, r = store.Read(site.InverseWeight);
            return inverse.Zip(r, (a, b) => Math.Abs(a - b)).Max();
        }
        Assert.True(Error() < 1e-12, "the first use computes the inverse");
        for (int step = 0; step < 20; step++)
        {
            for (int i = 0; i < w.Length; i++) w[i] += 0.01 * Math.Sin(step + i);
            store.Write(weight, w);
            double error = Error();
            Assert.True(error is > 0 and < 0.05, $"step {step}: {error}");
        }
        store.Write(weight, Dense.Random(9, D, D, 2, false));
        Assert.True(Error() < 1e-9, "a jump out of the region of convergence is met by LU");
    }

    [Fact]
    public void An_unsupported_site_is_refused_with_alternatives()
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        Var weight = store.AddParameter("weight", 2, 2);
        NotSupportedException e = Assert.Throws<NotSupportedException>(() =>
            new ExactLu<double>().Attach(store, new JacobianSite(SiteKinds.VectorJacobianProduct, "layers.3", 2, weight, Var.None), new double[4]));
        Assert.Contains("layers.3", e.Message);
        Assert.Contains("brute-force", e.Message);
    }

    [Theory]
    [InlineData("nonsense", null, null, null)]
    [InlineData("exact-lu", 1.0, null, null)]
    [InlineData("snf-published", -1.0, null, null)]
    [InlineData("snf-published", double.NaN, null, null)]
    [InlineData("relative", null, 3, null)]
    [InlineData("stale-inverse", null, 0, null)]
    [InlineData("snf-published", null, null, 5)]
    [InlineData("snf-published-probes", null, null, 0)]
    public void Bad_options_are_one_clear_line(string name, double? weight, int? every, int? probes)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => JacobianRegistry.Create<float>(name, weight, every, probes));
        Assert.DoesNotContain('\n', e.Message);
        Assert.Contains(name, e.Message);
    }

    internal static Promise PromiseOf(string name) => name switch
    {
        "snf-published" or "snf-published-probes" or "snf-published-unfused" => Promise.Published,
        "snf-reconstruction" or "snf-reconstruction-probes" => Promise.ReconstructionOnly,
        "relative" => Promise.Relative,
        "free-form" => Promise.UnbiasedReconstruction,
        _ => Promise.Exact,
    };

    private static Func<IBackend<double>> Backend(string name) => name == "reference" ? () => new ReferenceBackend<double>() : () => new SimdBackend<double>(2);
}
