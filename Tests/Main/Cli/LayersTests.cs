using NativeFlow.Cli.Commands;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>nativeflow layers</c>: one line a layer of every registry, each with a page that exists.</summary>
public sealed class LayersTests
{
    [Fact]
    public void EveryRegisteredKindIsListedOnce()
    {
        string[] registered =
        [
            .. BijectorRegistry.Kinds.Select(k => "bijectors " + k), .. TransformerRegistry.Kinds.Select(k => "transformers " + k),
            .. ConditionerRegistry.Kinds.Select(k => "conditioners " + k), "conditioners made", .. DistributionRegistry.Kinds.Select(k => "distributions " + k),
        ];
        Assert.Equal(registered.Order(StringComparer.Ordinal), LayerCatalog.All.Select(l => $"{l.Room} {l.Kind}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryPageExistsAndEveryCellIsFilled()
    {
        string root = Path.Combine(Fixture.Root, "..", "..");
        foreach (LayerInfo l in LayerCatalog.All)
        {
            Assert.True(File.Exists(Path.Combine(root, l.Page)), $"{l.Page} is missing");
            Assert.NotEqual("", l.Forward);
            Assert.Equal(l.Room is "bijectors" or "transformers", l.LogDet.Length > 0);
        }
    }

    [Fact]
    public void TheCommandPrintsThem()
    {
        (int exit, string output, string error) = CommandLine.Run("layers");
        Assert.Equal(0, exit);
        Assert.Equal("", error);
        foreach (LayerInfo l in LayerCatalog.All) Assert.Contains(l.Page, output, StringComparison.Ordinal);
        (exit, output, _) = CommandLine.Run("layers", "--json");
        Assert.Equal(0, exit);
        using var json = System.Text.Json.JsonDocument.Parse(output);
        Assert.Equal(LayerCatalog.All.Count, json.RootElement.GetProperty("layers").GetArrayLength());
    }
}
