using System.CommandLine;
using DdpmJobs.Cli.Client;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Scheduler.Sweeps;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>--checkpoint</c>: what a run begins with, as <c>ddpm import</c> made it.</summary>
internal static class CheckpointOption
{
    /// <summary>Makes the option.</summary>
    public static Option<string[]> Create() => new("--checkpoint")
    {
        Description = "A checkpoint that a run begins with, as import writes it: its spec says which run. May be repeated.",
        HelpName = "FILE",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Refuses a bad sweep, and checkpoints that are not its runs', before anything is started or sent.</summary>
    /// <param name="yaml">The sweep.</param>
    /// <param name="file">Its name.</param>
    /// <param name="checkpoints">Paths.</param>
    /// <exception cref="Errors.CliException">A checkpoint is damaged, or not there.</exception>
    /// <exception cref="SpecException">One belongs to no run.</exception>
    public static void Check(string yaml, string file, IReadOnlyList<string> checkpoints) => ImportVerb.Refusing(
        () => CheckpointAdoption.Adopt(SweepFile.Parse(yaml, file, Environment.UserName), [.. checkpoints.Select(path => ("", path))]));

    /// <summary>Sends them.</summary>
    /// <returns>Their contents, to submit the sweep with.</returns>
    public static async Task<IReadOnlyList<string>> UploadAsync(ApiClient api, IReadOnlyList<string> checkpoints, CancellationToken cancel)
    {
        List<string> contents = [];
        foreach (string path in checkpoints)
        {
            contents.Add((await api.UploadCheckpointAsync(path, cancel)).Sha256);
        }

        return contents;
    }
}
