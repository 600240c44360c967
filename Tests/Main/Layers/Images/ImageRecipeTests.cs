using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Recipes of image layers that cannot be are refused in one line that says what would be right.</summary>
public sealed class ImageRecipeTests : IDisposable
{
    private const string Affine = "\"transformer\":{\"kind\":\"affine\"}";

    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData("""{"kind":"squeeze","channels":1,"height":5,"width":4}""", "the image is 1x5x4; height and width must be divisible by the factor 2")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4,"width":6,"factor":4}""", "divisible by the factor 4")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4,"width":4,"factor":1}""", "'factor'")]
    [InlineData("""{"kind":"squeeze","channels":6,"height":4,"width":4,"reverse":true}""", "divisible by the factor's square, 4")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":2,"width":2,"factor":65536,"reverse":true}""", "4294967296")]
    [InlineData("""{"kind":"squeeze","channels":4096,"height":4096,"width":4096}""", "too many numbers")]
    [InlineData("""{"kind":"squeeze","channels":2,"height":4096,"width":4096}""", "at most 16777216")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4}""", "'width'")]
    [InlineData("""{"kind":"haar-squeeze","channels":1,"height":4,"width":3}""", "the image is 1x4x3; height and width must be divisible")]
    [InlineData("""{"kind":"haar-squeeze","channels":1,"height":4,"width":4,"factor":2}""", "'factor' is unknown")]
    [InlineData("""{"kind":"glow-coupling","channels":1,"height":4,"width":4}""", "leaves one part of an image 1x4x4 empty")]
    [InlineData("""{"kind":"glow-coupling","channels":2,"height":4,"width":3,"split":"checkerboard"}""", "needs an even width")]
    [InlineData("""{"kind":"glow-coupling","channels":2,"height":4,"width":4,"split":"rows"}""", "one of channel, channel_inv, checkerboard, checkerboard_inv")]
    [InlineData("""{"kind":"glow-coupling","channels":2,"height":4,"width":4,"split":[2]}""", "names channel 2")]
    [InlineData("""{"kind":"glow-coupling","channels":3,"height":4,"width":4,"split":[1,1]}""", "names channel 1")]
    [InlineData("""{"kind":"glow-coupling","channels":2,"height":4,"width":4,"split":[0,1]}""", "empty")]
    [InlineData("""{"kind":"glow-coupling","channels":2,"height":4,"width":4,"clamp":0}""", "clamp is 0")]
    [InlineData("""{"kind":"glow-coupling","channels":2,"height":4,"width":4,"hidden":40000}""", "channels are 1 in and 40000 out")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"split":"channel",""" + Affine + ""","conditioner":{"kind":"mlp"}}""", "'split' is unknown")]
    [InlineData("""{"kind":"coupling","channels":4,"height":2,"width":2,""" + Affine + ""","conditioner":{"kind":"conv-net","channels":4,"height":2,"width":2}}""", "its image is 4x2x2, 16 numbers, but 8 go in")]
    [InlineData("""{"kind":"coupling","channels":4,"height":2,"width":2,""" + Affine + ""","conditioner":{"kind":"conv-net","channels":2,"height":2,"width":2,"kernel":2}}""", "kernel is 2")]
    [InlineData("""{"kind":"coupling","channels":4,"height":2,"width":2,""" + Affine + ""","conditioner":{"kind":"conv-net","channels":2,"height":2,"width":2,"log_scale_factor":0}}""", "log_scale_factor is 0")]
    [InlineData("""{"kind":"coupling","mask":[0,0,0,0,1,1],""" + Affine + ""","conditioner":{"kind":"conv-net","channels":1,"height":2,"width":2}}""", "no whole number of channels")]
    public void ABadRecipeIsRefusedInOneLine(string layer, string expected) => TempFolder.AssertBadInput(() => Create(layer), expected);

    [Theory]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4,"width":4},{"kind":"leaky-relu","dimension":16},{"kind":"glow-coupling","channels":2,"height":2,"width":4}""", "layer 2 (glow-coupling) takes images 2x2x4, but layer 0 (squeeze) gives 4x2x2")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4,"width":4},{"kind":"squeeze","channels":1,"height":4,"width":4}""", "takes images 1x4x4, but layer 0 (squeeze) gives 4x2x2")]
    [InlineData("""{"kind":"multi-scale","dimension":16,"levels":[{"layers":[{"kind":"haar-squeeze","channels":4,"height":2,"width":2},{"kind":"coupling","channels":4,"height":2,"width":2,"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp"}}]}]}""", "level 0: layer 1 (coupling) takes images 4x2x2, but layer 0 (haar-squeeze) gives 16x1x1")]
    [InlineData("""{"kind":"multi-scale","dimension":16,"levels":[{"layers":[{"kind":"squeeze","channels":4,"height":2,"width":2}]},{"layers":[{"kind":"squeeze","channels":4,"height":2,"width":2}]}]}""", "level 1 takes images 4x2x2, but level 0 leaves 8x1x1")]
    [InlineData("""{"kind":"multi-scale","dimension":16,"levels":[{"layers":[{"kind":"squeeze","channels":1,"height":4,"width":4}]},{"layers":[{"kind":"conv1x1","channels":4,"height":1,"width":2}]}]}""", "level 1 takes images 4x1x2, but level 0 leaves 2x2x2")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4,"width":4},{"kind":"recomputed","layers":[{"kind":"leaky-relu","dimension":16},{"kind":"conv2d","channels":1,"height":4,"width":4}]}""", "layer 1 (recomputed) takes images 1x4x4, but layer 0 (squeeze) gives 4x2x2")]
    [InlineData("""{"kind":"recomputed","layers":[{"kind":"squeeze","channels":1,"height":4,"width":4}]},{"kind":"emerging","channels":1,"height":4,"width":4}""", "layer 1 (emerging) takes images 1x4x4, but layer 0 (recomputed) gives 4x2x2")]
    [InlineData("""{"kind":"squeeze","channels":1,"height":4,"width":4},{"kind":"autoregressive-conv","channels":4,"height":1,"width":4}""", "layer 1 (autoregressive-conv) takes images 4x1x4")]
    [InlineData("""{"kind":"multi-scale","dimension":2,"leaves":"middle","levels":[{"layers":[]}]}""", "one of first, last")]
    [InlineData("""{"kind":"squeeze","channels":2,"height":4,"width":4}""", "has 32 features, the base distribution 16")]
    public void LayersThatDoNotFitAreRefused(string layers, string expected) => TempFolder.AssertBadInput(() => Make(layers, 16), expected);

    [Fact]
    public void AShapeIsKeptThroughLayersThatDoNotCare()
    {
        using Flow<double> flow = Make(
            """
            {"kind":"squeeze","channels":1,"height":4,"width":4},{"kind":"actnorm","channels":4,"pixels":4},{"kind":"glow-coupling","channels":4,"height":2,"width":2,"hidden":3},
            {"kind":"coupling","mask":[0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1],"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp"}},
            {"kind":"squeeze","channels":4,"height":2,"width":2,"reverse":true},{"kind":"haar-squeeze","channels":1,"height":4,"width":4}
            """, 16);
        Assert.Equal(6, flow.Transforms.Count);
        Assert.Equal(new ImageShape(4, 2, 2), ((HaarSqueeze<double>)flow.Transforms[5]).OutputImage);
    }

    private static IBijector<double> Create(string layer)
    {
        using JsonDocument recipe = JsonDocument.Parse(layer);
        return BijectorRegistry.Create<double>(recipe.RootElement.GetProperty("kind").GetString()!, recipe.RootElement);
    }

    private Flow<double> Make(string layers, int dimension)
    {
        using JsonDocument recipe = JsonDocument.Parse($$$"""{"version":1,"seed":2,"layers":[{{{layers}}}],"base":{"kind":"standard-normal","dimension":{{{dimension}}} }}""");
        return ModelFile.FromRecipe<double>(recipe.RootElement, _backend);
    }
}
