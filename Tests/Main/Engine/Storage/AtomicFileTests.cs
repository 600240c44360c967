using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReplacesTheOldFileAndLeavesNothingElse()
    {
        string path = _folder.Put("a.bin", "old and longer");
        AtomicFile.Write(path, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void TheOldFileStaysVisibleUntilCommit()
    {
        string path = _folder.Put("a.bin", "old");
        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write("new"u8);
        file.Stream.Flush();
        Assert.Equal("old", File.ReadAllText(path));
        Assert.True(File.Exists($"{path}.tmp-{Environment.ProcessId}"));
        file.Commit();
        Assert.Equal("new", File.ReadAllText(path));
    }

    [Fact]
    public void AFailingBodyKeepsTheOldFileAndDeletesTheTemporary()
    {
        string path = _folder.Put("a.bin", "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException("stop");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void AStaleTemporaryOfADeadProcessIsOverwritten()
    {
        string path = _folder.At("a.bin");
        _folder.Put($"a.bin.tmp-{Environment.ProcessId}", "left behind by a crash, longer than the new content");
        AtomicFile.Write(path, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void ALinkStaysALink()
    {
        string target = _folder.Put("target.bin", "old");
        string link = _folder.At("link.bin");
        File.CreateSymbolicLink(link, target);
        AtomicFile.Write(link, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(target, File.ResolveLinkTarget(link, false)?.FullName);
    }

    [Fact]
    public void MissingFolderFolderAndDeviceAreRefusedByName()
    {
        string missing = Path.Combine(_folder.At("absent"), "a.bin");
        TempFolder.AssertBadInput(() => AtomicFile.Write(missing, _ => { }), missing, "does not exist");
        TempFolder.AssertBadInput(() => AtomicFile.Write(_folder.FullName, _ => { }), _folder.FullName, "is a folder");
        TempFolder.AssertBadInput(() => AtomicFile.Write("/dev/null", _ => { }), "/dev/null", "device");
        Assert.Empty(Directory.GetFileSystemEntries(_folder.FullName));
    }
}
