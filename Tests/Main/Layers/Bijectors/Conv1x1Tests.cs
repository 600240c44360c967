using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>One matrix for every pixel: the formula, exact round trips, start values, and what is refused.</summary>
public sealed class Conv1x1Tests
{
    [Theory]
    [InlineData("""{"kind":"conv1x1","channels":5,"height":3,"width":4}""", 0.1)]
    [InlineData("""{"kind":"conv1x1","channels":5,"height":3,"width":4,"form":"plu"}""", 0.1)]
    [InlineData("""{"kind":"conv1x1","channels":5,"height":3,"width":4,"form":"householder"}""", 0.4)]
    [InlineData("""{"kind":"conv1x1","channels":5,"height":3,"width":4,"form":"perm-lu"}""", 0.1)]
    [InlineData("""{"kind":"conv1x1","channels":37,"height":2,"width":1,"form":"plu","no_bias":true}""", 0.005)]
    [InlineData("""{"kind":"conv1x1","channels":1,"height":1,"width":7,"form":"householder"}""", 0.4)]
    public void EveryPixelSeesTheSameMatrixAndGoesBackExactly(string recipe, double noise)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(2);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            var test = new BijectorCase("pixels", recipe, -2, 2, [], noise);
            (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
            using (store)
            {
                JsonElement entry = JsonDocument.Parse(recipe).RootElement;
                int channels = entry.GetProperty("channels").GetInt32(), pixels = b.Dimension / channels;
                // W and b from what pixel 0 makes of the unit vectors and of zero.
                var unit = new double[(channels + 1) * b.Dimension];
                for (int c = 0; c < channels; c++) unit[(c * b.Dimension) + (c * pixels)] = 1;
                double[] images = BijectorChecks.Run(b, backend, store, unit, inverse: false).Out, w = new double[channels * channels], bias = new double[channels];
                for (int o = 0; o < channels; o++) bias[o] = images[(channels * b.Dimension) + (o * pixels)];
                for (int o = 0; o < channels; o++)
                    for (int c = 0; c < channels; c++) w[(o * channels) + c] = images[(c * b.Dimension) + (o * pixels)] - bias[o];
                const int Rows = 3;
                double[] x = test.Inputs(Rows, b.Dimension, 5), expected = new double[x.Length];
                for (int row = 0; row < Rows; row++)
                    for (int o = 0; o < channels; o++)
                        for (int p = 0; p < pixels; p++)
                        {
                            double sum = bias[o];
                            for (int c = 0; c < channels; c++) sum += w[(o * channels) + c] * x[(row * b.Dimension) + (c * pixels) + p];
                            expected[(row * b.Dimension) + (o * pixels) + p] = sum;
                        }
                (double[] z, double[] logDet) = BijectorChecks.Run(b, backend, store, x, inverse: false);
                BijectorChecks.Close("formula", z, expected, 1e-13);
                BijectorChecks.Close("log-det", [logDet[0]], [pixels * BruteForceJacobian.LogAbsDet(w, channels)], 1e-11);
                BijectorChecks.Close("inverse", BijectorChecks.Run(b, backend, store, z, inverse: true).Out, x, 1e-12);
            }
        }
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("plu")]
    [InlineData("householder")]
    [InlineData("perm-lu")]
    public void TheStartIsOrthogonalAndFollowsTheSeed(string form)
    {
        const int C = 40;
        using var backend = new ReferenceBackend<double>();
        using JsonDocument recipe = JsonDocument.Parse($$"""{"kind":"conv1x1","channels":{{C}},"height":1,"width":1,"form":"{{form}}"}""");
        var images = new List<double[]>();
        foreach (ulong seed in (ulong[])[1, 1, 2])
        {
            IBijector<double> b = BijectorRegistry.Create<double>("conv1x1", recipe.RootElement);
            using var store = new ParameterStore<double>(backend);
            b.Attach(store, "layer", seed);
            store.Build();
            var unit = new double[C * C];
            for (int c = 0; c < C; c++) unit[(c * C) + c] = 1;
            (double[] w, double[] logDet) = BijectorChecks.Run(b, backend, store, unit, inverse: false);
            images.Add(w);
            var gram = new double[C * C];
            for (int i = 0; i < C; i++)
                for (int j = 0; j < C; j++)
                    for (int k = 0; k < C; k++) gram[(i * C) + j] += w[(i * C) + k] * w[(j * C) + k];
            BijectorChecks.Close("orthogonal", gram, unit, 1e-13);
            Assert.Equal(0, logDet[0], 1e-12);
        }
        Assert.Equal(images[0], images[1]);
        Assert.NotEqual(images[0], images[2]);
    }

    [Theory]
    [InlineData("dense", "layer.weight", true)]
    [InlineData("householder", "layer.v", false)]
    [InlineData("householder", "layer.v", true)]
    public void ASingularMatrixIsRefusedByName(string form, string parameter, bool inverse)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("singular", $$"""{"kind":"conv1x1","channels":3,"height":1,"width":1,"form":"{{form}}"}""", -1, 1, []).Make(backend);
            using (store)
            {
                store.Write(store.Find(parameter), new double[9]);
                Assert.Throws<SingularMatrixException>(() => BijectorChecks.Run(b, backend, store, [1, 2, 3], inverse));
            }
        }
    }

    [Fact]
    public void TheVolumeOfASingularMatrixIsZero()
    {
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("singular", """{"kind":"conv1x1","channels":3,"height":1,"width":1}""", -1, 1, []).Make(backend);
        using (store)
        {
            store.Write(store.Find("layer.weight"), new double[9]);
            Assert.Equal(double.NegativeInfinity, BijectorChecks.Run(b, backend, store, [1, 2, 3], inverse: false).LogDet[0]);
        }
    }

    [Theory]
    [InlineData("""{"channels":0,"height":2,"width":2}""", "channels")]
    [InlineData("""{"channels":3,"height":2}""", "width")]
    [InlineData("""{"channels":3,"height":40000,"width":2}""", "40000")]
    [InlineData("""{"channels":4000,"height":2,"width":2}""", "channels")]
    [InlineData("""{"channels":3,"height":2,"width":2,"form":"svd"}""", "form")]
    [InlineData("""{"channels":3,"height":2,"width":2,"eps":0.1}""", "eps")]
    [InlineData("""{"channels":3,"height":2,"width":2,"form":"perm-lu","eps":1}""", "eps")]
    [InlineData("""{"channels":3,"height":2,"width":2,"form":"perm-lu","reflections":1}""", "reflections")]
    [InlineData("""{"channels":3,"height":2,"width":2,"form":"householder","reflections":0}""", "reflections")]
    [InlineData("""{"channels":3,"height":2,"width":2,"form":"householder","reflections":100000}""", "reflections")]
    [InlineData("""{"channels":3,"height":2,"width":2,"no_bias":1}""", "no_bias")]
    public void ABadRecipeIsRefusedInOneLine(string config, string named)
    {
        using JsonDocument json = JsonDocument.Parse(config);
        var error = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>("conv1x1", json.RootElement));
        Assert.Contains("conv1x1", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
