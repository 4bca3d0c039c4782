namespace DdpmJobs.Scheduler.Api;

/// <summary>One change of a job's state.</summary>
/// <param name="Fence">The job's fence then.</param>
/// <param name="FromState">Before; null at submission.</param>
/// <param name="ToState">After.</param>
/// <param name="Actor">Who caused it.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="At">UTC.</param>
public sealed record JobEventView(int Fence, string? FromState, string ToState, string Actor, string Reason, DateTime At);
