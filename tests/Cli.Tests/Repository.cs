namespace DdpmJobs.Cli.Tests;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The text of one of its files.</summary>
    public static string Read(params string[] file)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "DdpmJobs.sln")))
            folder = Path.GetDirectoryName(folder);
        return File.ReadAllText(Path.Combine([folder!, .. file]));
    }
}
