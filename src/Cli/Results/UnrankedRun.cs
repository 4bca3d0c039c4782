namespace DdpmJobs.Cli.Results;

/// <summary>A run without a measured value.</summary>
/// <param name="Run">Its name.</param>
/// <param name="RunId">UUIDv7.</param>
/// <param name="State">State of the job that decided it.</param>
/// <param name="Reason">One sentence.</param>
internal sealed record UnrankedRun(string Run, Guid RunId, string State, string Reason);
