using DdpmJobs.Scheduler.Pictures;
using DdpmJobs.Tracking.Artifacts;
using Hangfire;

namespace DdpmJobs.Scheduler.Reconciling;

/// <summary>What Hangfire calls by the clock: short work only, because its invisibility timeout runs a long job twice.</summary>
public sealed class RecurringDuties(Reconciler reconciler, SweepGrids grids, ArtifactStore artifacts, ILogger<RecurringDuties> logger)
{
    /// <summary>The backstop of <see cref="ReconcileLoop"/>.</summary>
    [AutomaticRetry(Attempts = 0)]
    public Task ReconcileAsync(CancellationToken cancel) => reconciler.PassAsync(cancel);

    /// <summary>Does what sweeps need beyond their jobs: the comparison pictures.</summary>
    [AutomaticRetry(Attempts = 0)]
    public Task AdvanceSweepsAsync(CancellationToken cancel) => grids.MakeDueAsync(cancel);

    /// <summary>Deletes contents that no row needs.</summary>
    [AutomaticRetry(Attempts = 0)]
    public async Task CollectGarbageAsync(CancellationToken cancel)
    {
        int deleted = await artifacts.CollectGarbageAsync(cancel);
        if (deleted > 0)
        {
            logger.GarbageCollected(deleted);
        }
    }
}
