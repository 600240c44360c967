using System.Globalization;
using NativeFlow.Cli.Compare;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>What latent-variable models of the branching diffusion process must beat: exact numbers, in the units of the rows, for the likelihood N(x; f(z), I).</summary>
internal static class BranchingBaseline
{
    private static readonly int[] s_latent = [0, 2, 4, 6, 10];

    /// <summary>One baseline.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Nats">Mean exact test log-likelihood.</param>
    /// <param name="Error">Standard error over the test rows.</param>
    internal sealed record Line(string Name, double Nats, double Error);

    public static IReadOnlyList<Line> Measure(BranchingDiffusion set)
    {
        var lines = new List<Line>();
        UnitVariancePpca[] fits = UnitVariancePpca.Fit(set.Data.Train, s_latent);
        for (int i = 0; i < fits.Length; i++) lines.Add(Of($"PPCA of unit variance, n = {s_latent[i]}", fits[i].LogLikelihood(set.Data.Test)));
        lines.Add(Of("look-up: means of the training copies of each cluster", UnitVarianceMixture.AtMeans(set.Data.Train, set.TrainClusters).LogLikelihood(set.Data.Test)));
        lines.Add(Of("the same with the means of all copies, test included", UnitVarianceMixture.AtMeans(set.All, set.Clusters).LogLikelihood(set.Data.Test)));
        lines.Add(Of("the same at the nodes themselves", new UnitVarianceMixture(set.Centres, BranchingDiffusion.Dimension).LogLikelihood(set.Data.Test)));
        lines.Add(new Line("ceiling of every decoder of unit variance", UnitVarianceMixture.Ceiling(BranchingDiffusion.Dimension), 0));
        return lines;
    }

    public static void Report(TextWriter stdout, BranchingDiffusion set, bool json)
    {
        IReadOnlyList<Line> lines = Measure(set);
        DataSet data = set.Data;
        if (json)
        {
            stdout.WriteLine(JsonText.Object(w =>
            {
                w.WriteString("data", data.Name);
                w.WriteNumber("dimension", data.Train.Columns);
                w.WriteString("units", "nats, exact test log-likelihood in the units of the rows");
                w.WriteStartArray("models");
                foreach (Line l in lines)
                {
                    w.WriteStartObject();
                    w.WriteString("model", l.Name);
                    w.WriteNumber("test_log_likelihood", l.Nats);
                    w.WriteNumber("standard_error", l.Error);
                    w.WriteEndObject();
                }

                w.WriteEndArray();
            }));
            return;
        }

        stdout.WriteLine($"data   {data.Name}: {data.Train.Rows} train, {data.Test.Rows} test rows x {data.Train.Columns}; {set.TestClusters.ToArray().Distinct().Count()} clusters in the test, {set.TrainClusters.ToArray().Distinct().Count()} in training");
        stdout.WriteLine($"{"exact, for the likelihood N(x; f(z), I)",-54} {"test LL",9} {"+- s.e.",8}");
        foreach (Line l in lines) stdout.WriteLine(FormattableString.Invariant($"{l.Name,-54} {l.Nats,9:F3} {(l.Error > 0 ? l.Error.ToString("F3", CultureInfo.InvariantCulture) : ""),8}"));
        stdout.WriteLine("nats in the units of the rows; the errors are over the test rows of this one data set, other seeds (bdp:SEED) differ by up to 0.9");
    }

    private static Line Of(string name, double[] nats)
    {
        SeedSpread spread = SeedSpread.Of(nats.Select(v => (double?)v));
        return new Line(name, spread.Mean, spread.Error);
    }
}
