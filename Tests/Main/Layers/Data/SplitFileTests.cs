using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class SplitFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("rvtrr")]
    [InlineData("rvtrr\n")]
    [InlineData("rvtrr\r\n")]
    public void ReadsOneCharacterARow(string text)
    {
        RowSplit split = SplitFile.Read(_folder.Put("a.split", text), 5);
        Assert.Equal([0, 3, 4], split.Train.ToArray());
        Assert.Equal([1], split.Validation.ToArray());
        Assert.Equal([2], split.Test.ToArray());
    }

    [Theory]
    [InlineData("", "has 0 characters, expected 5")]
    [InlineData("rvtr\n", "has 4 characters, expected 5")]
    [InlineData("rvtrrr\n", "more than 5 characters")]
    [InlineData("rvtrrrrrrrrrrrrr", "more than 5 characters")]
    [InlineData("rvxrr", "character 3 is 'x'")]
    [InlineData("rvTrr", "character 3 is 'T'")]
    [InlineData("rv\ntr", "character 3")]
    [InlineData("rrvvr", "0 t")]
    [InlineData("ttvvv", "0 r")]
    public void Refuses(string text, string fragment)
    {
        string path = _folder.Put("a.split", text);
        TempFolder.AssertBadInput(() => SplitFile.Read(path, 5), path, fragment);
    }

    [Fact]
    public void TheDefaultRuleCoversEveryRowOnceAndNeedsTen()
    {
        RowSplit split = SplitFile.Default("wdbc", 29);
        Assert.Equal((25, 2, 2), (split.Train.Length, split.Validation.Length, split.Test.Length));
        Assert.Equal(Enumerable.Range(0, 29), new[] { split.Train.ToArray(), split.Validation.ToArray(), split.Test.ToArray() }.SelectMany(p => p).Order());

        // From an independent program.
        Assert.Equal([10, 13], split.Test.ToArray());
        Assert.Equal([18, 28], split.Validation.ToArray());
        Assert.NotEqual(split.Test.ToArray(), SplitFile.Default("other", 29).Test.ToArray());
        TempFolder.AssertBadInput(() => SplitFile.Default("wdbc", 9), "wdbc", "at least 10");
    }

    [SharedDataTheory]
    [InlineData("winequality-red", 1599)]
    [InlineData("power-plant", 9568)]
    [InlineData("casp", 45730)]
    [InlineData("parkinsons_updrs", 5875)]
    [InlineData("ionosphere", 351)]
    [InlineData("wdbc", 569)]
    [InlineData("miniboone-first1523", 1523)]
    [InlineData("fire", 12809)]
    [InlineData("quakes_all", 6120)]
    [InlineData("volerup", 827)]
    public void TheDefaultRuleGivesThePublishedSplits(string name, int rows)
    {
        RowSplit read = SplitFile.Read(SharedData.At("splits", name + ".split"), rows);
        RowSplit made = SplitFile.Default(name, rows);
        Assert.Equal(read.Train.ToArray(), made.Train.ToArray());
        Assert.Equal(read.Validation.ToArray(), made.Validation.ToArray());
        Assert.Equal(read.Test.ToArray(), made.Test.ToArray());
    }
}
