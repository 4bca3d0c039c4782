using DdpmJobs.Tracking.Storage;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Waits for a store that is away, so that what an attempt achieved is not lost to it.</summary>
public sealed class StoreWait(RunnerOptions options, TimeProvider clock, ILogger<StoreWait> log)
{
    /// <summary>Does a piece of work with the store, again and again while it is away; says so once.</summary>
    /// <param name="work">What to do; repeating it must be harmless.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> came first.</exception>
    public async Task OutlastAsync(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        for (bool said = false; ; said = true)
        {
            try
            {
                await work(cancel);
                if (said)
                {
                    log.StoreBack();
                }

                return;
            }
            catch (Exception error) when (error is not OperationCanceledException && StoreOutage.IsCauseOf(error))
            {
                if (!said)
                {
                    log.StoreAway(options.ReportEvery, error);
                }

                await Task.Delay(options.ReportEvery, clock, cancel);
            }
        }
    }
}
