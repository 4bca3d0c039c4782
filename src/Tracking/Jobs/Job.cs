using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Tracking.Jobs;

/// <summary>A piece of work on one run. All times are UTC by the database clock.</summary>
public sealed class Job
{
    /// <summary>UUIDv7.</summary>
    public Guid Id { get; set; }

    /// <summary>Its sweep.</summary>
    public Guid SweepId { get; set; }

    /// <summary>Its run.</summary>
    public Guid RunId { get; set; }

    /// <summary>Its run.</summary>
    public Run? Run { get; set; }

    /// <summary>What it does.</summary>
    public JobKind Kind { get; set; }

    /// <summary>Which part of the run's evaluation it measures, zero-based; null for the job that puts the parts together or does it all, and for every other kind.</summary>
    public int? Shard { get; set; }

    /// <summary>Where it stands.</summary>
    public JobState State { get; set; }

    /// <summary>Runners that may take it.</summary>
    public string Pool { get; set; } = "default";

    /// <summary>Larger goes first.</summary>
    public int Priority { get; set; }

    /// <summary>Place of its run in the sweep: jobs of equal priority and age go in this order.</summary>
    public int Ordinal { get; set; }

    /// <summary>Number of claims so far; every write of an attempt carries it and is refused when it is not the newest.</summary>
    public int Fence { get; set; }

    /// <summary>Attempts that count against <see cref="MaxAttempts"/>: errors and lost runners do, hand-backs at a shutdown and preemptions do not.</summary>
    public int AttemptsCounted { get; set; }

    /// <summary>Counted attempts after which an error is final.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Jobs it still waits for.</summary>
    public int UnmetDependencies { get; set; }

    /// <summary>Not to be claimed before.</summary>
    public DateTime AvailableAt { get; set; }

    /// <summary>When the state last changed.</summary>
    public DateTime StateChangedAt { get; set; }

    /// <summary>When the lease ends; null when not running or stopping.</summary>
    public DateTime? LeaseUntil { get; set; }

    /// <summary>Who holds the lease, or held the last one.</summary>
    public Guid? RunnerId { get; set; }

    /// <summary>Why it was asked to stop.</summary>
    public StopReason? StopReason { get; set; }

    /// <summary>Submission time.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>First claim.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>When it became final.</summary>
    public DateTime? EndedAt { get; set; }

    /// <summary>Work done, in <see cref="ProgressUnit"/>.</summary>
    public long ProgressDone { get; set; }

    /// <summary>Work in all; 0 while unknown.</summary>
    public long ProgressTotal { get; set; }

    /// <summary><c>steps</c> or <c>evaluations</c> (of the network, times images).</summary>
    public string ProgressUnit { get; set; } = "steps";

    /// <summary>One sentence on the last error; stacks are in the attempts.</summary>
    public string? Error { get; set; }

    /// <summary>The Hangfire job that mirrors this one; rebuilt when lost.</summary>
    public string? MirrorId { get; set; }

    /// <summary>Its attempts.</summary>
    public List<Attempt> Attempts { get; set; } = [];
}
