using System.IO.Compression;
using System.Text;
using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A fresh folder that is deleted with its content.</summary>
internal sealed class TempFolder : IDisposable
{
    internal TempFolder() => FullName = Directory.CreateTempSubdirectory("nativeflow-test-").FullName;

    internal string FullName { get; }

    public void Dispose() => Directory.Delete(FullName, recursive: true);

    internal string At(string name) => Path.Combine(FullName, name);

    internal string Put(string name, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    internal string Put(string name, string content) => Put(name, Encoding.UTF8.GetBytes(content));

    internal string PutGzip(string name, ReadOnlySpan<byte> content) => Put(name, Gzip(content));

    internal static byte[] Gzip(ReadOnlySpan<byte> content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>The action must end in a <see cref="BadInputException"/> of one line that holds every fragment.</summary>
    internal static string AssertBadInput(Action action, params string[] fragments)
    {
        BadInputException bad = Assert.Throws<BadInputException>(action);
        Assert.DoesNotContain('\n', bad.Message);
        foreach (string fragment in fragments)
        {
            Assert.Contains(fragment, bad.Message, StringComparison.Ordinal);
        }

        return bad.Message;
    }
}
