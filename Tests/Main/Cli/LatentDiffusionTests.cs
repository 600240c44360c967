using System.Text.Json;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Branching diffusion in small: curved and flat models beat the best linear one by far within a few hundred epochs.</summary>
public sealed class LatentDiffusionTests
{
    [Theory]
    [InlineData("vae")]
    [InlineData("hvae")]
    [InlineData("hvae-whc")]
    [Trait("Category", "Slow")]
    public void ModelsOfTwoDimensionsBeatTheLinearOnes(string model)
    {
        using TempFolder temp = new();
        using JsonDocument json = JsonDocument.Parse(CommandLine.Succeed("train", "--model", model, "--data", "bdp", "--latent", "2", "--epochs", "150", "--samples", "100", "--quiet", "--json", "--out", temp.At("run")));
        double bound = json.RootElement.GetProperty("test").GetProperty("importance_weighted_bound").GetProperty("nats").GetDouble();
        DataSet data = DataSource.Open("bdp");
        double linear = UnitVariancePpca.Fit(data.Train, 2).LogLikelihood(data.Test).Average(), many = UnitVariancePpca.Fit(data.Train, 10).LogLikelihood(data.Test).Average();
        // The model's is a lower bound, the other exact.
        Assert.True(bound > linear + 4, $"{bound} against {linear}");
        Assert.True(bound > many + 1, $"{bound} against {many} of 10 dimensions");
        // Nothing can be better than the look-up that knows every cluster's mean, test rows included.
        BranchingDiffusion set = BranchingDiffusion.Create("bdp");
        Assert.True(bound < UnitVarianceMixture.AtMeans(set.All, set.Clusters).LogLikelihood(set.Data.Test).Average());
    }
}
