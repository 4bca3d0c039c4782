using System.ComponentModel.DataAnnotations;

namespace DdpmJobs.Model.Specs;

/// <summary>Which states of a training are kept beside the newest ones, which are always there to go on from.</summary>
public sealed record CheckpointSpec
{
    /// <summary>Steps between two checkpoints that are kept for good, each exactly at a multiple of it; 0 keeps none.</summary>
    [Description("steps between two checkpoints that are kept for good; 0 keeps none")]
    [Range(0, 1_000_000_000)]
    public int KeepEvery { get; init; }
}
