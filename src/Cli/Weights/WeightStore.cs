using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Verbs;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.Cli.Weights;

/// <summary>Brings published weights into their folder: under a name stands only what was checked.</summary>
internal static class WeightStore
{
    /// <summary>Copies a file in.</summary>
    /// <param name="file">Any path.</param>
    /// <param name="folder">The folder; made where it is missing.</param>
    /// <param name="cancel">Ends the work; nothing is left behind.</param>
    /// <returns>The weights, and where they now lie.</returns>
    /// <exception cref="CliException">The file is none of the published ones.</exception>
    public static (PublishedWeights Weights, string Place) Copy(string file, WeightsFolder folder, CancellationToken cancel)
    {
        (PublishedWeights weights, string name) = ImportVerb.Refusing(() => WeightsFolder.Recognise(file, cancel));
        string place = Path.Combine(folder.Path, name);
        if (Path.GetFullPath(file) == place)
        {
            return (weights, place);
        }

        // What is checked is the copy: the file may change meanwhile.
        Directory.CreateDirectory(folder.Path);
        string temporary = Path.Combine(folder.Path, $".{name}.{Guid.CreateVersion7():N}.tmp");
        try
        {
            File.Copy(file, temporary);
            Accept(weights, temporary, place, cancel);
        }
        finally
        {
            File.Delete(temporary);
        }

        return (weights, place);
    }

    /// <summary>Checks a whole file in the folder and gives it its name.</summary>
    /// <exception cref="CliException">It is not what was published.</exception>
    public static void Accept(PublishedWeights weights, string temporary, string place, CancellationToken cancel)
    {
        Verify(weights, temporary, cancel);
        using (FileStream stream = new(temporary, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }

        AtomicFile.Rename(temporary, place);
    }

    /// <summary>Checks a file.</summary>
    /// <exception cref="CliException">It is not what was published.</exception>
    public static void Verify(PublishedWeights weights, string file, CancellationToken cancel) => ImportVerb.Refusing(() =>
    {
        WeightsFolder.Verify(weights, file, cancel);
        return true;
    });
}
