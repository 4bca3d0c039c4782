namespace DdpmJobs.Scheduler;

/// <summary>Everything the scheduler writes to the log.</summary>
internal static partial class SchedulerLog
{
    [LoggerMessage(1, LogLevel.Warning, "Offers cannot be sent ({Reason}); jobs are still found by the runners' own polling. Said once until it works again.")]
    public static partial void OffersFail(this ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "Offers are sent again.")]
    public static partial void OffersWork(this ILogger logger);

    [LoggerMessage(3, LogLevel.Error, "Reconciliation fails; it goes on every few seconds and this is said once until it works again.")]
    public static partial void ReconcileFails(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Information, "Reconciliation works again.")]
    public static partial void ReconcileWorks(this ILogger logger);

    [LoggerMessage(5, LogLevel.Information, "Extended {Leases} held leases: the store could not be watched before.")]
    public static partial void Amnesty(this ILogger logger, int leases);

    [LoggerMessage(6, LogLevel.Warning, "Lease of job {JobId} ran out; the job was taken back.")]
    public static partial void LeaseLost(this ILogger logger, Guid jobId);

    [LoggerMessage(7, LogLevel.Warning, "The dashboard's mirrors cannot be moved; jobs are not affected. Said once until it works again.")]
    public static partial void MirrorsFail(this ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "No comparison picture for sweep {SweepId}.")]
    public static partial void SweepGridFails(this ILogger logger, Guid sweepId, Exception exception);

    [LoggerMessage(9, LogLevel.Information, "Made the comparison picture of sweep {SweepId} from {Runs} runs.")]
    public static partial void SweepGridMade(this ILogger logger, Guid sweepId, int runs);

    [LoggerMessage(10, LogLevel.Information, "Sweep {SweepId} ({Name}) submitted by {User}: {Runs} runs, {Jobs} jobs.")]
    public static partial void Submitted(this ILogger logger, Guid sweepId, string name, string user, int runs, int jobs);

    [LoggerMessage(11, LogLevel.Information, "Deleted {Contents} artifact contents that nothing refers to.")]
    public static partial void GarbageCollected(this ILogger logger, int contents);

    [LoggerMessage(12, LogLevel.Error, "Request failed.")]
    public static partial void RequestFailed(this ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Warning, "Comparison pictures cannot be made; jobs are not affected. Said once until it works again.")]
    public static partial void SweepGridsFail(this ILogger logger, Exception exception);
}
