using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What training promises, on convolutions with either padding: no allocation in a step, the same bits for any number of threads and after a resume.</summary>
[Collection(AloneCollection.Name)]
public sealed class ConvolutionTrainingTests
{
    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (bool circular in (bool[])[false, true])
                foreach (string name in JacobianRegistry.NamesFor(circular ? SiteKinds.CircularConvolution : SiteKinds.Convolution)) cases.Add(name, circular);
            cases.Add("banded-exact probes", false);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_step_allocates_nothing(string name, bool circular)
    {
        NoAllocationTests.Require(Strategy(name), 24, 1, Layer(circular));
        NoAllocationTests.Require(Strategy(name), 24, 2, Layer(circular));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Threads_change_no_bit(string name, bool circular) => TrainingInvarianceTests.RequireSameBitsForThreads(_ => Strategy(name), steps: 12, Layer(circular));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Resume_changes_no_bit(string name, bool circular)
    {
        foreach (long stop in (long[])[1, 9, 17]) TrainingInvarianceTests.RequireSameBitsAfterResume(Strategy(name), stop, 25, clip: false, Layer(circular));
    }

    private static Func<IJacobianStrategy<float>> Strategy(string name)
        => name == "banded-exact probes" ? static () => new BandedExact<float>(3) : TrainingRun.Named(name);

    // 24 features are 2 x 3 x 4, 160 are 10 x 4 x 4.
    private static Func<int, IJacobianStrategy<float>, IBijector<float>> Layer(bool circular)
        => (d, strategy) => new Conv2d<float>(d == 24 ? new ImageShape(2, 3, 4) : new ImageShape(10, 4, 4), 3, circular, strategy);
}
