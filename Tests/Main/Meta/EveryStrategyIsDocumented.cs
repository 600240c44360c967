using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every strategy has a page that says what its type says, and a row in the README; no page is left over.</summary>
public sealed class EveryStrategyIsDocumented
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "jacobians");

    public static TheoryData<string> Names => [.. JacobianRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_has_a_page(string name)
    {
        string path = Path.Combine(Folder, name + ".md");
        Assert.True(File.Exists(path), $"docs/jacobians/{name}.md is missing");
        string page = File.ReadAllText(path);
        Assert.StartsWith($"# {name}\n", page, StringComparison.Ordinal);
        foreach (string heading in (string[])["## Formula", "## When to use it", "## Stability", "## Source"]) Assert.Contains($"\n{heading}\n", page, StringComparison.Ordinal);
        IJacobianStrategy<float> strategy = JacobianRegistry.Create<float>(name);
        Assert.Contains($"\n| value | {strategy.Value}", page, StringComparison.Ordinal);
        Assert.Contains($"\n| gradient | {strategy.Gradient}", page, StringComparison.Ordinal);
        Assert.Contains("flops", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_has_a_row_in_the_readme(string name)
    {
        IJacobianStrategy<float> strategy = JacobianRegistry.Create<float>(name);
        string row = Assert.Single(Repository.Text("README.md").Split('\n'), line => line.StartsWith($"| [{name}](docs/jacobians/{name}.md) |", StringComparison.Ordinal));
        string[] cells = [.. row.Split('|').Select(c => c.Trim())];
        Assert.Equal($"{strategy.Value}".ToLowerInvariant(), cells[2]);
        Assert.Equal($"{strategy.Gradient}".ToLowerInvariant(), cells[3]);
    }

    [Fact]
    public void No_page_is_left_over()
        => Assert.Equal(JacobianRegistry.Names.Order(StringComparer.Ordinal), Directory.GetFiles(Folder, "*.md").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!);
}
