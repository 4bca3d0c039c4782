namespace DdpmJobs.Cli.Results;

/// <summary>A run that was measured.</summary>
/// <param name="Rank">From 1; equal values share it; null for a value that is not finite.</param>
/// <param name="Run">Its name.</param>
/// <param name="RunId">UUIDv7.</param>
/// <param name="Value">In the metric's unit.</param>
/// <param name="StandardError">In the same unit; null when it has none.</param>
/// <param name="Parts">The value's parts by name.</param>
/// <param name="TrainSeconds">Wall time from the first claim of its training to the end of it, pauses included; null when it has not ended.</param>
/// <param name="FinalLoss">Loss of the last step.</param>
/// <param name="Warnings">What makes the value doubtful, each as a sentence without its stop.</param>
internal sealed record LeaderboardRow(
    int? Rank, string Run, Guid RunId, double Value, double? StandardError, IReadOnlyDictionary<string, double> Parts, double? TrainSeconds, double? FinalLoss,
    IReadOnlyList<string> Warnings);
