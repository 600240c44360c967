using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A model file with good checksums whose recipe claims more than its tensors hold: refused in one line, and no memory taken on its word.</summary>
public sealed class HostileModelTests
{
    private const string Base = """{"kind":"standard-normal","dimension":30000}""";

    [Theory]
    [InlineData("""{"kind":"linear","dimension":30000}""", 1)]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp","hidden":[20000,20000]}}""", 1)]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"separate","networks":[{"kind":"residual-mlp","hidden":20000},{"kind":"mlp"}]}}""", 1)]
    [InlineData("""{"kind":"two-sided-coupling","dimension":30000,"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp","hidden":[300]}}""", 1)]
    [InlineData("""{"kind":"multi-scale","dimension":30000,"levels":[{"layers":[{"kind":"linear","dimension":30000}]}]}""", 1)]
    [InlineData("""{"kind":"variational-dequantization","dimension":30000,"noise":[{"kind":"linear","dimension":30000}]}""", 1)]
    [InlineData("""{"kind":"piecewise","dimension":30000,"gate":{"kind":"mlp"}}""", 1)]
    [InlineData("""{"kind":"rational-quadratic-spline","dimension":30000,"bins":100000}""", 1)]
    [InlineData("""{"kind":"actnorm","channels":30000}""", 1)]
    [InlineData("""{"kind":"permutation","channels":30000}""", 1)]
    [InlineData("""{"kind":"autoregressive-conv","channels":1000,"height":5,"width":6}""", 1)]
    [InlineData("""{"kind":"conv1x1","channels":1000,"height":5,"width":6}""", 1)]
    [InlineData("""{"kind":"conv1x1","channels":10,"height":50,"width":60,"form":"householder","reflections":2000}""", 1)]
    [InlineData("""{"kind":"emerging","channels":1,"height":200,"width":150}""", 1)]
    [InlineData("""{"kind":"linear","dimension":100}""", 5000)]
    [InlineData("""{"kind":"autoregressive","dimension":30000,"transformer":{"kind":"affine"},"conditioner":{"kind":"made"}}""", 1)]
    [InlineData("""{"kind":"autoregressive","dimension":3,"transformer":{"kind":"affine"},"conditioner":{"kind":"made","hidden":[30000,30000]}}""", 1)]
    [InlineData("""{"kind":"bnaf","dimension":30000}""", 1)]
    [InlineData("""{"kind":"iaf-gated","dimension":30000}""", 1)]
    public void A_recipe_larger_than_its_file_is_refused_before_memory_is_taken(string layer, int copies)
    {
        using var folder = new TempFolder();
        string path = folder.At("hostile.safetensors");
        var writer = new TensorFileWriter();
        writer.Add<float>("layers.0.weight", [100, 100], new float[10_000]);
        writer.AddMetadata("recipe", $$"""{"version":1,"dtype":"float","seed":0,"layers":[{{string.Join(',', Enumerable.Repeat(layer, copies))}}],"base":{{Base}}}""");
        writer.AddMetadata("counters", "{}");
        writer.Write(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        BadInputException e = Assert.Throws<BadInputException>(() => Flow<float>.Load(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        Assert.Contains("hostile.safetensors", e.Message);
        Assert.Contains("holds only", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("""{"kind":"full-normal-scale-tril","dimension":30000}""")]
    [InlineData("""{"kind":"full-normal-covariance","dimension":30000,"trainable":false}""")]
    [InlineData("""{"kind":"full-gaussian-mixture","dimension":1000,"components":1000}""")]
    [InlineData("""{"kind":"diagonal-gaussian-mixture","dimension":1000,"components":2000000000}""")]
    public void A_base_larger_than_its_file_is_refused_before_memory_is_taken(string hostile)
    {
        using var folder = new TempFolder();
        string path = folder.At("hostile.safetensors");
        var writer = new TensorFileWriter();
        writer.Add<float>("layers.0.weight", [100, 100], new float[10_000]);
        writer.AddMetadata("recipe", $$"""{"version":1,"dtype":"float","seed":0,"layers":[{"kind":"leaky-relu","dimension":100}],"base":{{hostile}}}""");
        writer.AddMetadata("counters", "{}");
        writer.Write(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        BadInputException e = Assert.Throws<BadInputException>(() => Flow<float>.Load(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        Assert.Contains("its base", e.Message);
        Assert.Contains("holds only", e.Message);
    }

    [Fact]
    public void An_honest_file_of_every_kind_with_parameters_is_loaded()
    {
        using var folder = new TempFolder();
        string path = folder.At("honest.safetensors");
        using var flow = new Flow<float>(
            [new Linear<float>(6), new ActNorm<float>(6), Permutation<float>.Random(6), new RationalQuadraticSpline<float>(6, new SplineSettings(5, 3, 1e-3, 1e-3, 1e-3, false)), new Linear<float>(6)],
            new StandardNormal<float>(6), seed: 3);
        float[] x = [.. Dense.Random(1, 4, 6).Select(v => (float)v)];
        flow.Initialize(x);
        flow.Save(path);
        using Flow<float> loaded = Flow<float>.Load(path);
        Assert.Equal(flow.LogProb(x), loaded.LogProb(x));
    }
}
