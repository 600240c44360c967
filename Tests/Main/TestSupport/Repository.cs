namespace NativeFlow.Tests;

/// <summary>Where the sources lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NativeFlow.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"NativeFlow.sln is not above {AppContext.BaseDirectory}.");
    }
}
