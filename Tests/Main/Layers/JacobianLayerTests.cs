using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Layers with a strategy are found at any depth.</summary>
public sealed class JacobianLayerTests
{
    [Fact]
    public void LayersInsideOthersAreFoundInOrder()
    {
        var image = new ImageShape(1, 4, 4);
        IBijector<double>[] layers =
        [
            new Linear<double>(16, SelfNormalizing<double>.ReconstructionOnly(1)),
            new SmoothLeakyRelu<double>(16, 0.3),
            new MultiScale<double>(16,
            [
                new ScaleLevel<double>([new Recomputed<double>([new Conv2d<double>(image), new ActNorm<double>(1, 16)])], 8),
                new ScaleLevel<double>([new Linear<double>(8)], 0),
            ]),
        ];
        IJacobianLayer<double>[] found = [.. IJacobianLayer<double>.In(layers)];
        Assert.Equal(["linear", "conv2d", "linear"], found.Select(l => l.Kind));
        Assert.Equal([true, false, false], found.Select(l => l.HasLearnedInverse));
        Assert.Equal("banded-exact", found[1].Strategy.Name);
    }
}
