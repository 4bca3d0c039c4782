namespace DdpmJobs.Tracking.Jobs;

/// <summary>Why a running job was asked to stop; the strongest reason comes first.</summary>
public enum StopReason
{
    /// <summary>A person asked: ends as cancelled.</summary>
    Cancel,

    /// <summary>The search gave the run up: ends as pruned.</summary>
    Prune,

    /// <summary>The device is wanted for something else: goes back to ready.</summary>
    Preempt,
}
