using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The conformance suite rejects the defects that were found in the Jacobian code of other libraries.</summary>
public sealed class PeerDefectTests
{
    private static readonly BijectorCase s_case = new("defect", """{"kind":"leaky-relu","dimension":2}""", -1.5, 1.5, []);

    [Theory]
    [InlineData(PeerDefect.None, null)]
    [InlineData(PeerDefect.TanhLogDetSign, "log-det against brute force by backward")]
    [InlineData(PeerDefect.InverseLogDetSign, "log-det of the inverse")]
    [InlineData(PeerDefect.OneSidedRewrite, "log-det of the inverse")]
    [InlineData(PeerDefect.NaiveTanhLogDet, "finite log-det")]
    [InlineData(PeerDefect.UnselectedBranch, "finite gradient")]
    public void ADefectiveTanhIsRejected(PeerDefect defect, string? rule)
    {
        using var backend = new ReferenceBackend<double>();
        void Check()
        {
            BijectorChecks.All(s_case, backend, _ => new DefectiveTanh(defect));
            using var store = new ParameterStore<double>(backend);
            store.Build();
            foreach (double x in (double[])[-1000, -20, 20, 1000])
                BijectorChecks.Finite(new DefectiveTanh(defect), backend, store, [x, x], inverse: false, $"at {x}");
        }

        if (rule is null) Check();
        else Assert.Equal(rule, Assert.Throws<BijectorFault>(Check).Rule);
    }

    [Fact]
    public void AnInverseThatStopsEarlyIsRejected()
    {
        using var backend = new ReferenceBackend<double>();
        BijectorChecks.All(s_case, backend, _ => new EarlyStoppingResidual(0.5, 1e-26));
        var fault = Assert.Throws<BijectorFault>(() => BijectorChecks.All(s_case, backend, _ => new EarlyStoppingResidual(0.9, 1e-5)));
        Assert.Equal("round trip x -> z -> x", fault.Rule);
    }
}
