using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Renews an attempt's lease and reports its progress while the work goes on, and learns in the same call whether to stop.</summary>
/// <remarks>A store that cannot be reached is no reason to stop: the lease may well be there when it is back.</remarks>
public sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    /// <summary>Starts to keep a lease.</summary>
    /// <param name="heartbeat">Renews it; the progress is null when there is nothing new to report.</param>
    /// <param name="progress">Where the work reports.</param>
    /// <param name="stop">Told of a stop that was asked for, and of the loss of the lease.</param>
    /// <param name="heartbeatEvery">Longest time between two calls.</param>
    /// <param name="reportEvery">Time between two calls while there is progress.</param>
    /// <param name="clock">The clock for both.</param>
    /// <param name="log">Where outages go, once each.</param>
    public LeaseKeeper(
        Func<JobProgress?, CancellationToken, Task<LeaseState>> heartbeat,
        AttemptProgress progress,
        AttemptStop stop,
        TimeSpan heartbeatEvery,
        TimeSpan reportEvery,
        TimeProvider clock,
        ILogger log)
        => _loop = RunAsync(heartbeat, progress, stop, heartbeatEvery, reportEvery, clock, log);

    /// <summary>Stops to keep it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    private async Task RunAsync(
        Func<JobProgress?, CancellationToken, Task<LeaseState>> heartbeat,
        AttemptProgress progress,
        AttemptStop stop,
        TimeSpan heartbeatEvery,
        TimeSpan reportEvery,
        TimeProvider clock,
        ILogger log)
    {
        JobProgress? told = null;
        long lastBeat = clock.GetTimestamp();
        bool away = false;
        using PeriodicTimer timer = new(reportEvery < heartbeatEvery ? reportEvery : heartbeatEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                JobProgress? latest = progress.Latest;
                if (latest == told && clock.GetElapsedTime(lastBeat) < heartbeatEvery)
                {
                    continue;
                }

                // Renew and report in one call.
                LeaseState state;
                try
                {
                    state = await heartbeat(latest == told ? null : latest, _end.Token);
                }
                catch (Exception error) when (error is not OperationCanceledException and not StaleFenceException)
                {
                    if (!away)
                    {
                        log.HeartbeatFailed(error);
                    }

                    away = true;
                    continue;
                }

                if (away)
                {
                    log.HeartbeatBack();
                }

                away = false;
                told = latest;
                lastBeat = clock.GetTimestamp();

                // Heed what the store says.
                if (!state.Held)
                {
                    stop.Lose();
                    return;
                }

                if (state.Stop is { } reason && stop.Asked is null)
                {
                    log.StopAsked(reason);
                    stop.Ask(reason);
                }
            }
        }
        catch (StaleFenceException)
        {
            stop.Lose();
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
    }
}
