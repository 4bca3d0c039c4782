using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Results;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Watching;

/// <summary>Tells how a sweep ended: leaderboard, pictures, exit code.</summary>
internal static class SweepEnd
{
    /// <summary>Writes it.</summary>
    /// <param name="sweep">The sweep as it ended.</param>
    /// <param name="api">Its server.</param>
    /// <param name="pictures">Folder for the pictures; null for none.</param>
    /// <param name="json">Whether as one JSON document.</param>
    /// <param name="terminal">Where to.</param>
    /// <param name="cancel">Ends the download.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteAsync(SweepDetail sweep, ApiClient api, string? pictures, bool json, Terminal terminal, CancellationToken cancel)
    {
        Leaderboard leaderboard = Leaderboard.Of(sweep);
        IReadOnlyList<string> files = pictures is null ? [] : await PictureFiles.SaveAsync(sweep, api, pictures, cancel);
        if (json)
        {
            terminal.WriteJson(new
            {
                SweepId = sweep.Summary.Id,
                sweep.Summary.Name,
                sweep.Summary.State,
                sweep.Summary.Jobs,
                Leaderboard = leaderboard.Groups,
                ProtocolDifferences = leaderboard.Differences,
                leaderboard.Unranked,
                Pictures = files,
            });
        }
        else
        {
            terminal.Out.WriteLine();
            LeaderboardTable.Write(leaderboard, protocols: false, terminal);
            if (files.Count > 0)
            {
                terminal.Out.WriteLine("Pictures:");
                foreach (string file in files)
                {
                    terminal.Out.WriteLine($"  {file}");
                }
            }

            terminal.Out.WriteLine($"Sweep {sweep.Summary.Name} ({sweep.Summary.Id}) {sweep.Summary.State}: {string.Join(", ", sweep.Summary.Jobs.Select(j => $"{j.Value} {j.Key}"))}.");
        }

        return sweep.Summary.State == "succeeded" ? ExitCode.Success : ExitCode.SweepFailed;
    }
}
