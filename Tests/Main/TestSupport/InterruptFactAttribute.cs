using System.Globalization;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A fact about Ctrl-C; skipped where SIGINT is ignored from the start, as in a shell's background jobs, whose children inherit that.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InterruptFactAttribute : FactAttribute
{
    private const string Status = "/proc/self/status", Field = "SigIgn:";

    public InterruptFactAttribute()
    {
        if (IsIgnored()) Skip = "SIGINT is ignored in this process and its children.";
    }

    private static bool IsIgnored()
    {
        if (!File.Exists(Status)) return false;
        string line = File.ReadLines(Status).First(l => l.StartsWith(Field, StringComparison.Ordinal));
        return (ulong.Parse(line[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0;
    }
}
