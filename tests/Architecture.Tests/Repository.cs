using System.Runtime.CompilerServices;

namespace DdpmJobs.Architecture.Tests;

/// <summary>The checked-out files.</summary>
internal static class Repository
{
    /// <summary>The folder with the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Source files below a folder of the repository, without build outputs.</summary>
    public static IEnumerable<string> SourceFiles(string folder)
    {
        string top = Path.Combine(Root, folder);
        return Directory.EnumerateFiles(top, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(top, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
    }

    /// <summary>A path as it reads in an error: relative to the root, with forward slashes.</summary>
    public static string Show(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string FindRoot([CallerFilePath] string here = "")
    {
        DirectoryInfo? folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DdpmJobs.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"No DdpmJobs.sln above {here}.");
    }
}
