namespace DdpmJobs.Tracking.Jobs;

/// <summary>One change of a job's state, or a note of the runner that holds it, with the same state before and after; append-only, a change written in the same transaction.</summary>
public sealed class JobEvent
{
    /// <summary>Ascending in the order of writing.</summary>
    public long Id { get; set; }

    /// <summary>The job.</summary>
    public Guid JobId { get; set; }

    /// <summary>The job's fence then.</summary>
    public int Fence { get; set; }

    /// <summary>The state before; null at submission.</summary>
    public JobState? FromState { get; set; }

    /// <summary>The state after.</summary>
    public JobState ToState { get; set; }

    /// <summary>Who caused it: <c>scheduler</c>, <c>reconciler</c>, <c>runner NAME</c> or a person.</summary>
    public string Actor { get; set; } = "";

    /// <summary>Why, in words, which may be empty; the note itself where it is one.</summary>
    public string Reason { get; set; } = "";

    /// <summary>When, UTC, by the database clock.</summary>
    public DateTime At { get; set; }
}
