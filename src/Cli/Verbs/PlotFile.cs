using DdpmJobs.Cli.Errors;

namespace DdpmJobs.Cli.Verbs;

/// <summary>Where a person wants a picture.</summary>
internal static class PlotFile
{
    /// <summary>Makes sure that a picture can be written there.</summary>
    /// <exception cref="CliException">It is a folder, or in a folder that is not there.</exception>
    public static void Require(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (Directory.Exists(file) || !Directory.Exists(folder))
        {
            throw new CliException($"--plot {file}: {(Directory.Exists(file) ? "this is a folder; name a file in it" : $"there is no folder {folder}; make it, or choose another place")}");
        }
    }
}
