namespace DdpmJobs.EndToEnd.Tests;

/// <summary>The checked-out files.</summary>
internal static class Repository
{
    /// <summary>The folder with README.md.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "README.md")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has a README.md.");
    }
}
