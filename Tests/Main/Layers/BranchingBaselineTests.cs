using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What models of the branching diffusion process are held against, beside an independent computation over 200 data sets.</summary>
public sealed class BranchingBaselineTests
{
    private const int DataSets = 60;

    // Their means over 200 data sets of other random numbers; the sets' own spread is 0.6 to 0.9, for the look-up 0.17.
    [Fact]
    public void MeansOverManyDataSetsAreTheKnownOnes()
    {
        int[] latent = [0, 2, 4, 6, 10];
        double[] known = [-71.21, -65.60, -63.60, -62.82, -62.49], means = new double[5];
        double nodes = 0, all = 0, copies = 0;
        for (int seed = 0; seed < DataSets; seed++)
        {
            BranchingDiffusion set = BranchingDiffusion.Create($"bdp:{seed}");
            UnitVariancePpca[] fits = UnitVariancePpca.Fit(set.Data.Train, latent);
            for (int i = 0; i < fits.Length; i++) means[i] += fits[i].LogLikelihood(set.Data.Test).Average() / DataSets;
            nodes += new UnitVarianceMixture(set.Centres, 50).LogLikelihood(set.Data.Test).Average() / DataSets;
            all += UnitVarianceMixture.AtMeans(set.All, set.Clusters).LogLikelihood(set.Data.Test).Average() / DataSets;
            copies += UnitVarianceMixture.AtMeans(set.Data.Train, set.TrainClusters).LogLikelihood(set.Data.Test).Average() / DataSets;
        }

        for (int i = 0; i < known.Length; i++) Assert.True(Math.Abs(means[i] - known[i]) < 0.35, $"n = {latent[i]}: {means[i]:F3}, known {known[i]}");
        Assert.True(Math.Abs(all + 50.80) < 0.05, $"means of all copies {all:F3}");
        Assert.True(Math.Abs(copies + 51.39) < 0.08, $"means of the training copies {copies:F3}");
        // log 63 for the choice, and half of 50 times the noise's share of the variance, 0.1 / 3.34, raised a little by the spread of the variances.
        Assert.InRange(nodes, -45.947 - Math.Log(63) - 1.0, -45.947 - Math.Log(63) - (25 * 0.1 / 3.34));
        Assert.Equal(-45.947, UnitVarianceMixture.Ceiling(50), 3);
    }

    // The density N(m, W W^T + I) by its covariance, on two columns, where everything can be written down.
    [Fact]
    public void PpcaOfTwoColumnsByHand()
    {
        double[] x = [3, 1, -3, -1, 1, -3, -1, 3];
        Table table = Table.FromDoubles("by-hand", 4, 2, x);
        // Covariance diag(5, 5): both eigenvalues exceed 1, so the model of two dimensions is N(0, 5 I), of one N(0, diag(5, 1)) along some direction.
        double[] both = UnitVariancePpca.Fit(table, 2).LogLikelihood(table), none = UnitVariancePpca.Fit(table, 0).LogLikelihood(table);
        foreach (double nats in both) Assert.Equal(-Math.Log(2 * Math.PI * 5) - (10 / (2 * 5.0)), nats, 12);
        foreach (double nats in none) Assert.Equal(-Math.Log(2 * Math.PI) - 5, nats, 12);
        // Nothing is kept of what varies less than the noise.
        Table narrow = Table.FromDoubles("narrow", 4, 2, [.. x.Select(v => v / 10)]);
        Assert.Equal(0, UnitVariancePpca.Fit(narrow, 2).Kept);
        Assert.Equal(UnitVariancePpca.Fit(narrow, 0).LogLikelihood(narrow), UnitVariancePpca.Fit(narrow, 2).LogLikelihood(narrow));
    }

    [Fact]
    public void MixtureOfTwoCentresByHand()
    {
        var mixture = new UnitVarianceMixture([0, 0, 2, 0], 2);
        double nats = Assert.Single(mixture.LogLikelihood(Table.FromDoubles("one", 1, 2, [1.0, 0.5])));
        Assert.Equal(-Math.Log(2 * Math.PI) - (1.25 / 2), nats, 12);
        UnitVarianceMixture means = UnitVarianceMixture.AtMeans(Table.FromDoubles("rows", 3, 2, [0.0, 0, 1, 0, 3, 0]), [0, 4, 4]);
        Assert.Equal(mixture.LogLikelihood(Table.FromDoubles("at", 1, 2, [0.3, -1])), means.LogLikelihood(Table.FromDoubles("at", 1, 2, [0.3, -1])));
    }
}
