using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>What became of an attempt.</summary>
/// <param name="Ending">As it was written to the store; null when nothing was written, because the lease was lost or the store out of reach at a shutdown.</param>
/// <param name="RunnerFailure">The error's sentence when it was neither the spec's nor the model's doing; the circuit breaker counts these.</param>
/// <param name="Ready">Jobs that became ready by this ending.</param>
public sealed record AttemptOutcome(AttemptEnding? Ending, string? RunnerFailure, IReadOnlyList<JobOffer> Ready)
{
    /// <summary>Given up without a write.</summary>
    public static AttemptOutcome Abandoned { get; } = new(null, null, []);
}
