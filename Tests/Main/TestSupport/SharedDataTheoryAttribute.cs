using Xunit;

namespace NativeFlow.Tests;

/// <summary>A theory that needs <see cref="SharedData"/>; skipped, and counted as skipped, where the folder is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute()
    {
        if (SharedData.Folder is null)
        {
            Skip = "The folder shared/data beside the repository is absent.";
        }
    }
}
