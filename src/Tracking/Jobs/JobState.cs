namespace DdpmJobs.Tracking.Jobs;

/// <summary>Where a job stands.</summary>
public enum JobState
{
    /// <summary>Waits for the jobs it depends on.</summary>
    Blocked,

    /// <summary>May be claimed once <see cref="Job.AvailableAt"/> has passed.</summary>
    Ready,

    /// <summary>Claimed by a runner under a lease.</summary>
    Running,

    /// <summary>Asked to stop; the runner has not acknowledged yet.</summary>
    Stopping,

    /// <summary>Final: done.</summary>
    Succeeded,

    /// <summary>Final: an error that no retry cured; a person may retry.</summary>
    Failed,

    /// <summary>Final: the training became unstable; a result, not a failure.</summary>
    Diverged,

    /// <summary>Final: the search gave the run up.</summary>
    Pruned,

    /// <summary>Final: a person stopped it; a person may retry.</summary>
    Cancelled,

    /// <summary>Final: a job it depends on did not succeed.</summary>
    Skipped,
}
