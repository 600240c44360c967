namespace NativeFlow.Tests;

/// <summary>The real data sets that lie in <c>shared/data</c> beside the repository on machines that have them.</summary>
internal static class SharedData
{
    /// <summary>The folder, or null where it does not exist.</summary>
    internal static string? Folder { get; } = Find();

    internal static string At(params string[] parts) =>
        Path.Combine([Folder ?? throw new InvalidOperationException("shared/data is absent; mark the test with SharedDataFact."), .. parts]);

    private static string? Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "NativeFlow.sln")))
            {
                string folder = Path.Combine(at.FullName, "..", "shared", "data");
                return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
            }
        }

        return null;
    }
}
