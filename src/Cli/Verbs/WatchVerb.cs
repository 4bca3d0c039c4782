using System.CommandLine;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Watching;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm watch</c>: a sweep's progress until it ends.</summary>
internal static class WatchVerb
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> sweep = new("SWEEP") { Description = "Its id, the first 6 or more digits of it, or its name (the newest)." };
        Option<string?> pictures = Pictures();
        Option<string?> server = VerbOptions.Server();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("watch", "Shows a sweep's progress until it ends, then its leaderboard. Ctrl-C ends only the watching. Exits 1 when jobs failed or were cancelled.") { sweep, pictures, server, json };
        verb.SetAction(async (line, cancel) =>
        {
            using ApiClient api = VerbOptions.Client(terminal, line.GetValue(server));
            return await WatchAsync(terminal, api, line.GetRequiredValue(sweep), line.GetValue(pictures), line.GetValue(json), cancel);
        });
        return verb;
    }

    /// <summary><c>--out</c>.</summary>
    public static Option<string?> Pictures() => new("--out") { Description = "Folder to copy the pictures to at the end; none by default.", HelpName = "DIR" };

    /// <summary>Watches to the end and tells it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WatchAsync(Terminal terminal, ApiClient api, string sweep, string? pictures, bool json, CancellationToken cancel)
    {
        try
        {
            if (!json)
            {
                terminal.Out.WriteLine($"Dashboard: {api.Server}hangfire");
            }

            SweepDetail end = await new SweepWatch(terminal, api, ownRunner: false).ToEndAsync(sweep, json, cancel);
            return await SweepEnd.WriteAsync(end, api, pictures, json, terminal, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            terminal.Error.WriteLine($"Stopped watching; the sweep goes on. Watch it again: ddpm watch {sweep}   Stop it: ddpm cancel {sweep}");
            return ExitCode.Interrupted;
        }
    }
}
