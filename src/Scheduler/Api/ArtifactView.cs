using DdpmJobs.Model.Training;

namespace DdpmJobs.Scheduler.Api;

/// <summary>A file; its content is at <c>/api/v1/artifacts/{Id}</c>.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Kind"><c>checkpoint</c> (one of the newest), <c>checkpoint_kept</c> (for good), <c>checkpoint_best</c> (selected), <c>evaluation_shard</c> (a part of an evaluation that is not put together yet), <c>samples</c>, <c>sample_grid</c> or <c>sweep_grid</c>.</param>
/// <param name="Name">File name for a person.</param>
/// <param name="Sha256">Content.</param>
/// <param name="Step">Training steps done, for checkpoints.</param>
/// <param name="Dropped">Whether the content was dropped by retention.</param>
/// <param name="Selection">What a <c>checkpoint_best</c> was selected by; a value that selected is no honest result. Null for any other file.</param>
public sealed record ArtifactView(Guid Id, string Kind, string Name, string Sha256, long? Step, bool Dropped, CheckpointSelection? Selection = null);
