namespace DdpmJobs.Tracking.Jobs;

/// <summary>The life of a job as a pure function: which state follows, or that the move is illegal.</summary>
public static class JobTransitions
{
    /// <summary>Whether nothing moves a job on from here by itself.</summary>
    public static bool IsFinal(this JobState state) => state is not (JobState.Blocked or JobState.Ready or JobState.Running or JobState.Stopping);

    /// <summary>Whether a runner holds the job.</summary>
    public static bool IsHeld(this JobState state) => state is JobState.Running or JobState.Stopping;

    /// <summary>The state after a trigger.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="trigger">What happens.</param>
    /// <param name="reason">Why it stops, for the two stop triggers.</param>
    /// <returns>The next state, or null when the move is illegal.</returns>
    public static JobState? Next(JobState state, JobTrigger trigger, StopReason? reason) => (state, trigger) switch
    {
        (JobState.Blocked, JobTrigger.DependenciesMet) => JobState.Ready,
        (JobState.Blocked or JobState.Ready, JobTrigger.DependencyLost) => JobState.Skipped,
        (JobState.Ready, JobTrigger.Claimed) => JobState.Running,

        // What a holder ends with is taken as it is, also when a stop was asked for in the same moment.
        (JobState.Running or JobState.Stopping, JobTrigger.Succeeded) => JobState.Succeeded,
        (JobState.Running or JobState.Stopping, JobTrigger.Diverged) => JobState.Diverged,
        (JobState.Running, JobTrigger.WillRetry or JobTrigger.GivenBack) => JobState.Ready,
        (JobState.Running, JobTrigger.GaveUp) => JobState.Failed,

        // A job that was asked to stop does not come back through an error or a lost holder.
        (JobState.Stopping, JobTrigger.WillRetry or JobTrigger.GaveUp or JobTrigger.GivenBack or JobTrigger.StopAcknowledged) => Stopped(reason),

        (JobState.Running or JobState.Stopping, JobTrigger.StopRequested) => JobState.Stopping,
        (JobState.Blocked or JobState.Ready, JobTrigger.StopRequested) when reason is not StopReason.Preempt => Stopped(reason),

        (JobState.Failed or JobState.Cancelled, JobTrigger.Retried) => JobState.Ready,
        (JobState.Failed or JobState.Cancelled or JobState.Skipped, JobTrigger.DependencyRetried) => JobState.Blocked,
        _ => null,
    };

    private static JobState Stopped(StopReason? reason) => reason switch
    {
        StopReason.Prune => JobState.Pruned,
        StopReason.Preempt => JobState.Ready,
        _ => JobState.Cancelled,
    };
}
