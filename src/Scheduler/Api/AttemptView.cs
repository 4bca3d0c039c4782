namespace DdpmJobs.Scheduler.Api;

/// <summary>One claim of a job.</summary>
/// <param name="Fence">Its number, from 1.</param>
/// <param name="Runner">Who claimed it.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="EndedAt">UTC; null while it goes on.</param>
/// <param name="Ending">How it ended; null while it goes on.</param>
/// <param name="ResumedAtStep">The step a training began at.</param>
/// <param name="Error">Message and stack, after a divergence message and detail (a JSON object); null when nothing went wrong.</param>
public sealed record AttemptView(int Fence, string Runner, DateTime StartedAt, DateTime? EndedAt, string? Ending, long? ResumedAtStep, string? Error);
