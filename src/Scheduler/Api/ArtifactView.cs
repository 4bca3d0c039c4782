namespace DdpmJobs.Scheduler.Api;

/// <summary>A file; its content is at <c>/api/v1/artifacts/{Id}</c>.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Kind"><c>checkpoint</c>, <c>samples</c>, <c>sample_grid</c> or <c>sweep_grid</c>.</param>
/// <param name="Name">File name for a person.</param>
/// <param name="Sha256">Content.</param>
/// <param name="Step">Training steps done, for checkpoints.</param>
/// <param name="Dropped">Whether the content was dropped by retention.</param>
public sealed record ArtifactView(Guid Id, string Kind, string Name, string Sha256, long? Step, bool Dropped);
