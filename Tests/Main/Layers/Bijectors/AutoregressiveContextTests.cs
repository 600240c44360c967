using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Autoregressive layers in a conditional flow.</summary>
public sealed class AutoregressiveContextTests
{
    [Fact]
    public void TheFlowTakesTheLayersContext()
    {
        using var backend = new ReferenceBackend<double>();
        using var flow = new Flow<double>(
            [new Autoregressive<double>([0, 1], new AffineTransformer<double>(ScaleFunction.SoftClip), new MadeSettings([6], Activation.Tanh, false, false), context: 1),
             new IafGated<double>(2, 1, context: 1, activation: Activation.Tanh)],
            new StandardNormal<double>(2), 3, backend);
        Assert.Equal(1, flow.ContextWidth);
        double[] x = [0.3, -1, 0.3, -1];
        double[] logProb = flow.LogProb(x, context: [0.5, -2]);
        Assert.NotEqual(logProb[0], logProb[1]);
        Assert.Equal(logProb[0], flow.LogProb([0.3, -1], context: [0.5])[0], 1e-14);
        Assert.Contains("context", Assert.Throws<ArgumentException>(() => flow.LogProb(x)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATransformerThatMixesFeaturesIsRefused()
    {
        var mixing = new AffineTransformer<double>(new ScaleSettings(ScaleFunction.ClampTanh), volumePreserving: true);
        Assert.True(mixing.MixesFeatures);
        var error = Assert.Throws<ArgumentException>(() => new Autoregressive<double>([0, 1, 2], mixing, new MadeSettings([4], Activation.Tanh, false, false)));
        Assert.Contains("mixes features", error.Message, StringComparison.Ordinal);
    }
}
