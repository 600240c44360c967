using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class ColumnSelectionTests
{
    private static readonly string[] Names = ["pH", "fixed acidity", "3-5", "x", "y", "x"];

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-2,4", new[] { 0, 1, 2, 4 })]
    [InlineData(" 4 , 1 - 2 ", new[] { 4, 1, 2 })]
    [InlineData("pH,fixed acidity", new[] { 0, 1 })]
    [InlineData("3-5", new[] { 2 })]
    [InlineData("3,4-5", new[] { 3, 4, 5 })]
    public void Accepts(string list, int[] expected) =>
        Assert.Equal(expected, ColumnSelection.Parse(list, 6, Names, "wine.csv").Indices.ToArray());

    [Theory]
    [InlineData("", "empty item")]
    [InlineData("1,,2", "empty item")]
    [InlineData("1,", "empty item")]
    [InlineData("6", "asks for column 6")]
    [InlineData("0-6", "asks for column 6")]
    [InlineData("0-2000000000", "asks for column 2000000000")]
    [InlineData("99999999999999999999", "neither")]
    [InlineData("-1", "neither")]
    [InlineData("1-", "neither")]
    [InlineData("1-2-3", "neither")]
    [InlineData("+1", "neither")]
    [InlineData("PH", "neither")]
    [InlineData("4-1", "before its beginning")]
    [InlineData("1,0-2", "column 1 twice")]
    [InlineData("pH,0", "column 0 twice")]
    [InlineData("x", "both column 3 and column 5")]
    public void Refuses(string list, string fragment) =>
        TempFolder.AssertBadInput(() => ColumnSelection.Parse(list, 6, Names, "wine.csv"), "wine.csv", fragment, "0 to 5");

    [Fact]
    public void WorksOnATable()
    {
        Table table = Table.FromDoubles("t", 1, 2, [1, 2]);
        Assert.Equal([1, 0], ColumnSelection.Parse("1,0", table).Indices.ToArray());
        TempFolder.AssertBadInput(() => ColumnSelection.Parse("a", table), "t:", "'a'");
    }
}
