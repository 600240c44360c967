using System.IO.Enumeration;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Turns folders, files and patterns into a sorted list of safetensors files.</summary>
public static class PathExpansion
{
    private const string Extension = ".safetensors";

    /// <summary>Every file that the paths name, once. <c>*</c> and <c>?</c> match within a name, <c>**</c> any depth of folders; a matched folder counts with all below it.</summary>
    /// <exception cref="BadInputException">A path matches no safetensors file.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> paths)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            int before = found.Count, matched = 0;
            foreach (string file in One(path))
            {
                matched++;
                found.TryAdd(Path.GetFullPath(file), file);
            }
            if (matched == 0)
                throw new BadInputException($"{path}: matches no {Extension} file; give a folder, a file or a pattern such as 'Tests/Fixtures/linalg/*{Extension}'.");
        }
        return [.. found.Values];
    }

    private static IEnumerable<string> One(string path)
    {
        if (File.Exists(path)) return [path];
        if (Directory.Exists(path)) return Below(path);
        if (path.IndexOfAny(['*', '?']) < 0) return [];
        string[] parts = path.Replace('\\', '/').Split('/');
        return path.StartsWith('/') ? Match("/", parts, 1) : Match("", parts, 0);
    }

    private static IEnumerable<string> Match(string at, string[] parts, int next)
    {
        string folder = at.Length == 0 ? "." : at;
        if (next == parts.Length) return Directory.Exists(at) ? Below(at) : at.EndsWith(Extension, StringComparison.Ordinal) && File.Exists(at) ? [at] : [];
        string part = parts[next];
        if (part.Length == 0) return Match(at, parts, next + 1);
        if (part.IndexOfAny(['*', '?']) < 0) return Match(Path.Combine(at, part), parts, next + 1);
        if (!Directory.Exists(folder)) return [];
        if (part == "**")
            return Match(at, parts, next + 1).Concat(Guarded(folder, Directory.GetDirectories).SelectMany(d => Match(Path.Combine(at, Path.GetFileName(d)), parts, next))).Distinct();
        return Guarded(folder, Directory.GetFileSystemEntries).Select(e => Path.GetFileName(e)!)
            .Where(name => FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false))
            .SelectMany(name => Match(Path.Combine(at, name), parts, next + 1));
    }

    private static string[] Below(string folder) => Guarded(folder, static f => Directory.GetFiles(f, "*" + Extension, SearchOption.AllDirectories));

    private static string[] Guarded(string folder, Func<string, string[]> list)
    {
        try
        {
            return list(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{folder}: cannot be listed ({e.Message}); check the path and its permissions.", e);
        }
    }
}
