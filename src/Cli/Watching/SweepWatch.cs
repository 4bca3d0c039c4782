using DdpmJobs.Cli.Client;
using DdpmJobs.Scheduler.Api;
using Spectre.Console;

namespace DdpmJobs.Cli.Watching;

/// <summary>Shows a sweep's progress until it ends. A server that does not answer is not an end: it is asked again.</summary>
internal sealed class SweepWatch(Terminal terminal, ApiClient api)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

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
            try
            {
                detail = await api.SweepAsync(sweep, cancel);
            }
            catch (ServerException e) when (e.IsOutage && last is not null)
            {
                show(last with { Note = $"{api.Server} does not answer; asking again" });
                continue;
            }

            last = reader.Read(detail);
            show(last);
            if (detail.Summary.State != "running" && !detail.SweepGridExpected)
            {
                return detail;
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));

        throw new OperationCanceledException(cancel);
    }
}
