using Xunit;

namespace NativeFlow.Tests;

public sealed class LatentTableTests
{
    [Fact]
    public void TableHoldsEveryRunAndASecondCallTrainsNothing()
    {
        using TempFolder temp = new();
        string folder = temp.At("table");
        string[] command = ["latent-table", "--data", "bdp", "--models", "vae,hvae-whc", "--latent", "2,3", "--seeds", "0,2", "--epochs", "2", "--samples", "4", "--more-samples", "8", "--hidden", "20", "--radius", "1.5", "--compat-bose2020", "--jobs", "2", "--threads", "1", "--out", folder];
        string first = CommandLine.Succeed(command);
        Assert.Contains("12 runs, 0 finished", first, StringComparison.Ordinal);
        string table = File.ReadAllText(Path.Combine(folder, "table.md"));
        // Beside the published numbers, both estimators by name.
        Assert.Contains("-55.4 ± 0.2", table, StringComparison.Ordinal);
        Assert.Contains("| hvae-whc | 2 | 2 |", table, StringComparison.Ordinal);
        // Runs of the two objectives are never counted together.
        Assert.DoesNotContain("| hvae-whc | 2 | 4 |", table, StringComparison.Ordinal);
        Assert.Contains("no bound and no likelihood", table, StringComparison.Ordinal);
        Assert.Contains("lower bound with K = 4 samples (and 8)", table, StringComparison.Ordinal);
        string[] rows = File.ReadAllLines(Path.Combine(folder, "runs.csv"));
        Assert.Equal(13, rows.Length);
        Assert.Equal(4, rows.Count(r => r.Split(',')[4] == "1"));
        // Every hyperbolic run keeps its radius; every bound with more samples is there.
        foreach (string[] row in rows.Skip(1).Select(r => r.Split(',')))
        {
            if (row[1] == "vae") Assert.Empty(row[12]);
            else Assert.Equal(1.5, double.Parse(row[12], System.Globalization.CultureInfo.InvariantCulture), 1e-6);
            Assert.NotEmpty(row[9]);
        }

        // The mean that the table prints, by hand.
        double[] bounds = [.. rows.Skip(1).Select(r => r.Split(',')).Where(r => r[1] == "vae" && r[2] == "2").Select(r => double.Parse(r[7], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Contains(FormattableString.Invariant($"| vae | 2 | 2 | **{bounds.Average():F2} ± {Math.Abs(bounds[0] - bounds[1]) / 2:F2}** |"), table, StringComparison.Ordinal);

        Assert.Contains("12 runs, 12 finished", CommandLine.Succeed(command), StringComparison.Ordinal);
        Assert.Equal(table, File.ReadAllText(Path.Combine(folder, "table.md")));

        // A run that is missing is made again, to the same numbers.
        Directory.Delete(Path.Combine(folder, "runs", "vae-n3-s2"), true);
        Assert.Contains("12 runs, 11 finished", CommandLine.Succeed(command), StringComparison.Ordinal);
        Assert.Equal(rows.Select(WithoutTime).Order(StringComparer.Ordinal), File.ReadAllLines(Path.Combine(folder, "runs.csv")).Select(WithoutTime).Order(StringComparer.Ordinal));
        CommandLine.RefuseInput([.. command, "--lr", "0.1"], "other options", "--lr");
    }

    [Theory]
    [InlineData("--models vae,flow", "--models 'flow'")]
    [InlineData("--seeds 3-1", "--seeds '3-1'")]
    [InlineData("--seeds 1-2-3", "--seeds '1-2-3'")]
    [InlineData("--seeds x", "--seeds 'x'")]
    [InlineData("--latent 0", "--latent '0'")]
    [InlineData("--latent 1", "--latent 2")]
    [InlineData("--radius -2", "--radius '-2'")]
    [InlineData("--data bdp:y", "bdp:y")]
    public void WrongOptionsAreRefusedAndNothingIsWritten(string options, string fragment)
    {
        using TempFolder temp = new();
        CommandLine.RefuseInput(["latent-table", .. options.Split(' '), "--epochs", "1", "--out", temp.At("table")], fragment);
        Assert.False(Directory.Exists(temp.At("table")));
    }

    private static string WithoutTime(string row) => row[..row.LastIndexOf(',')];
}
