namespace DdpmJobs.Model.Training;

/// <summary>A checkpoint file that is complete, and what it is for.</summary>
/// <param name="Path">The file.</param>
/// <param name="Step">Optimiser steps that it holds.</param>
public sealed record SavedCheckpoint(string Path, long Step)
{
    /// <summary>Whether it is only there to go on from, so that the next one takes its place; false where it is kept for good or as the best.</summary>
    public bool IsReplaceable => !IsKept && BestOf.Count == 0;

    /// <summary>Whether its step is one at which the spec keeps a checkpoint for good.</summary>
    public bool IsKept { get; init; }

    /// <summary>The metrics of which it is the best so far.</summary>
    public IReadOnlyList<CheckpointSelection> BestOf { get; init; } = [];
}
