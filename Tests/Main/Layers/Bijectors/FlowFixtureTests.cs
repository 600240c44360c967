using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests.Layers;

/// <summary>Golden numbers of the first bijectors and of the base distribution, on both backends.</summary>
public sealed class FlowFixtureTests
{
    private static readonly (string Group, string Prefix, Func<Fixture, IBackend<double>, List<(string Name, double[] Values)>> Compute)[] Layers =
    [
        ("elementwise", "leaky_relu", FlowFixtures.LeakyRelu),
        ("elementwise", "smooth_leaky_relu", FlowFixtures.SmoothLeakyRelu),
        ("elementwise", "logit", FlowFixtures.Logit),
        ("normalization", "actnorm_init", FlowFixtures.ActNormInit),
        ("normalization", "actnorm_center_first", FlowFixtures.ActNorm),
        ("normalization", "actnorm_0", FlowFixtures.ActNorm),
        ("normalization", "actnorm_1", FlowFixtures.ActNorm),
        ("splines", "rq_linear_tails", FlowFixtures.RationalQuadraticSpline),
        ("splines", "rq_identity_init", FlowFixtures.RationalQuadraticSpline),
        ("linear", "permutation", FlowFixtures.Permutation),
        ("distributions", "standard_normal", FlowFixtures.StandardNormal),
    ];

    public static TheoryData<string> Names => [.. Layers.SelectMany(l => Fixture.List(l.Group, l.Prefix))];

    [Theory]
    [MemberData(nameof(Names))]
    public void ReproducesEveryTensor(string name)
    {
        Fixture f = Fixture.Load(name);
        var compute = Layers.Single(l => name.StartsWith(l.Group + "/" + l.Prefix, StringComparison.Ordinal)).Compute;
        using var simd = new SimdBackend<double>(1);
        using var reference = new ReferenceBackend<double>();
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            List<(string Name, double[] Values)> results = compute(f, backend);
            string[] computed = results.Select(r => r.Name).ToArray();
            // Everything the file holds beyond inputs and parameters must have been computed.
            string[] expected = f.Names.Where(n => n is "z" or "log_abs_det" or "x_rec" or "log_prob" || n.StartsWith("grad.", StringComparison.Ordinal) || n.Contains("init.", StringComparison.Ordinal) && !n.StartsWith("biased.", StringComparison.Ordinal)).ToArray();
            Assert.Empty(expected.Except(computed));
            foreach ((string tensor, double[] values) in results)
                if (f.Has(tensor)) f.AssertClose(tensor, values, 1e-9);
        }
    }

    [Fact]
    public void AllFilesAreRead() => Assert.Equal(21, Names.Count);
}
