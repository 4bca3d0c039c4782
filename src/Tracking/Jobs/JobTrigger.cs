namespace DdpmJobs.Tracking.Jobs;

/// <summary>What happens to a job.</summary>
public enum JobTrigger
{
    /// <summary>The last job it waited for succeeded.</summary>
    DependenciesMet,

    /// <summary>A job it waited for will not succeed.</summary>
    DependencyLost,

    /// <summary>A runner took it.</summary>
    Claimed,

    /// <summary>The work is done.</summary>
    Succeeded,

    /// <summary>An error that is retried.</summary>
    WillRetry,

    /// <summary>An error that is final.</summary>
    GaveUp,

    /// <summary>The training became unstable.</summary>
    Diverged,

    /// <summary>Given back unfinished, or the lease ran out with attempts left.</summary>
    GivenBack,

    /// <summary>Asked to stop.</summary>
    StopRequested,

    /// <summary>The holder stopped as asked, or was lost while stopping.</summary>
    StopAcknowledged,

    /// <summary>A person wants it tried again.</summary>
    Retried,

    /// <summary>A job it waits for is tried again.</summary>
    DependencyRetried,
}
