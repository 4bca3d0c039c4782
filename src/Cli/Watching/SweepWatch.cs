using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Scheduler.Api;
using Spectre.Console;

namespace DdpmJobs.Cli.Watching;

/// <summary>Shows a sweep's progress until it ends. A server that does not answer is not an end: it is asked again.</summary>
/// <param name="terminal">Where it is shown.</param>
/// <param name="api">The server.</param>
/// <param name="ownRunner">Whether the only runner is of this process: when it gives up, so does the watching.</param>
internal sealed class SweepWatch(Terminal terminal, ApiClient api, bool ownRunner)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    // A runner that was killed never says that it stopped.
    private static readonly TimeSpan Silent = TimeSpan.FromMinutes(1);

    /// <summary>Watches to the end.</summary>
    /// <param name="sweep">Its id or name.</param>
    /// <param name="quiet">Whether progress goes to standard error, because the output is data.</param>
    /// <param name="cancel">Ends the watching, not the sweep.</param>
    /// <returns>The sweep as it ended, its picture included.</returns>
    public async Task<SweepDetail> ToEndAsync(string sweep, bool quiet, CancellationToken cancel)
    {
        if (terminal.IsInteractive && !quiet)
        {
            return await terminal.Screen.Live(new Text("")).AutoClear(false).Overflow(VerticalOverflow.Ellipsis)
                .StartAsync(live => PollAsync(sweep, progress => live.UpdateTarget(ProgressTable.Of(progress, terminal.Screen.Profile.Height)), cancel));
        }

        ProgressLines lines = new(quiet ? terminal.Error : terminal.Out, terminal.Clock);
        return await PollAsync(sweep, lines.Show, cancel);
    }

    private async Task<SweepDetail> PollAsync(string sweep, Action<SweepProgress> show, CancellationToken cancel)
    {
        ProgressReader reader = new(terminal.Clock);
        using PeriodicTimer timer = new(Every, terminal.Clock);
        SweepProgress? last = null;
        do
        {
            SweepDetail detail;
            string idle;
            try
            {
                detail = await api.SweepAsync(sweep, cancel);
                idle = ProgressReader.IsWaiting(detail) ? await WhyIdleAsync(cancel) : "";
            }
            catch (ServerException e) when (e.IsOutage && last is not null)
            {
                show(last with { Note = $"{api.Server} does not answer; asking again" });
                continue;
            }

            last = reader.Read(detail, idle);
            show(last);
            if (detail.Summary.State != "running" && !detail.SweepGridExpected)
            {
                return detail;
            }

            if (ownRunner && idle.Length > 0)
            {
                throw new CliException($"{idle}; correct the cause and run the same command again to go on.");
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));

        throw new OperationCanceledException(cancel);
    }

    // A runner that failed several jobs in a row takes no more.
    private async Task<string> WhyIdleAsync(CancellationToken cancel)
    {
        IReadOnlyList<RunnerView> all = await api.RunnersAsync(cancel);
        List<RunnerView> runners = [.. all.Where(r => r.State != "stopped" && all[0].SeenAt - r.SeenAt < Silent)];
        return runners.Count > 0 && runners.TrueForAll(r => r.State == "tripped") ? $"no runner takes jobs any more ({runners[0].StateReason.TrimEnd('.')})" : "";
    }
}
