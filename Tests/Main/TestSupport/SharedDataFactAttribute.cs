using Xunit;

namespace NativeFlow.Tests;

/// <summary>A fact that needs <see cref="SharedData"/>; skipped, and counted as skipped, where the folder is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (SharedData.Folder is null)
        {
            Skip = "The folder shared/data beside the repository is absent.";
        }
    }
}
