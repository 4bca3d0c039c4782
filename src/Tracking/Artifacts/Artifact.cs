using System.Text.Json;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Tracking.Artifacts;

/// <summary>A file that a sweep, run or attempt made.</summary>
public sealed class Artifact
{
    /// <summary>How <see cref="Selection"/> is written.</summary>
    internal static JsonSerializerOptions SelectionFormat { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>UUIDv7.</summary>
    public Guid Id { get; set; }

    /// <summary>The sweep.</summary>
    public Guid SweepId { get; set; }

    /// <summary>The run; null for a file of the whole sweep.</summary>
    public Guid? RunId { get; set; }

    /// <summary>The job that made it; null for the scheduler's own, and for a checkpoint that the run was submitted with.</summary>
    public Guid? JobId { get; set; }

    /// <summary>The attempt's fence; null for the scheduler's own.</summary>
    public int? Fence { get; set; }

    /// <summary><c>checkpoint</c>, <c>checkpoint_kept</c>, <c>checkpoint_best</c> (see <see cref="CheckpointKinds"/>), <c>evaluation_shard</c> (a part of an evaluation, dropped when all are put together), <c>samples</c> (safetensors), <c>sample_grid</c> (PNG of a run) or <c>sweep_grid</c> (PNG of a sweep).</summary>
    public string Kind { get; set; } = "";

    /// <summary>File name for a person, as in <c>samples.png</c>; never used as a path by the store.</summary>
    public string Name { get; set; } = "";

    /// <summary>Content, by SHA-256.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Training steps done, for checkpoints.</summary>
    public long? Step { get; set; }

    /// <summary>Why a <c>checkpoint_best</c> was selected, as a JSON object: metric, value, unit, lower_is_better, step, protocol_digest; null for any other file.</summary>
    public string? Selection { get; set; }

    /// <summary><see cref="Selection"/>, read.</summary>
    public CheckpointSelection? SelectedBy => Selection is null ? null : JsonSerializer.Deserialize<CheckpointSelection>(Selection, SelectionFormat);

    /// <summary>UTC, by the database clock.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the content was dropped by retention; null while it is there.</summary>
    public DateTime? DroppedAt { get; set; }
}
