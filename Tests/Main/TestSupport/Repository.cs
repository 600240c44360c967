using System.Text.RegularExpressions;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The files of the repository that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Fixture.Root, "..", ".."));

    public static string Text(params string[] parts) => File.ReadAllText(Path.Combine([Root, .. parts]));

    /// <summary>The code fences of a page in one language (empty for none), without the fence lines.</summary>
    public static IReadOnlyList<string> Fences(string text, string language)
        => [.. Regex.Matches(text, $"^```{Regex.Escape(language)}\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Select(m => m.Groups[1].Value)];

    /// <summary>The lines between <c>#region name</c> and <c>#endregion</c> of a source file, without their common indentation.</summary>
    public static string Region(string source, string name)
    {
        string[] lines = source.Split('\n');
        int from = Array.FindIndex(lines, l => l.Trim() == $"#region {name}");
        Assert.True(from >= 0, $"There is no region '{name}'.");
        string[] body = [.. lines.Skip(from + 1).TakeWhile(l => l.Trim() != "#endregion")];
        int indent = body.Where(l => l.Trim().Length > 0).Min(l => l.Length - l.TrimStart().Length);
        return string.Concat(body.Select(l => (l.Length >= indent ? l[indent..] : "") + "\n"));
    }
}
