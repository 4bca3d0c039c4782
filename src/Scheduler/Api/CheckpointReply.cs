namespace DdpmJobs.Scheduler.Api;

/// <summary>Answer to an uploaded checkpoint.</summary>
/// <param name="Sha256">Its content; name it when the sweep is submitted.</param>
/// <param name="SpecHash">The run it belongs to.</param>
/// <param name="Step">Training steps it counts as done.</param>
public sealed record CheckpointReply(string Sha256, string SpecHash, long Step);
