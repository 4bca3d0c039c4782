namespace DdpmJobs.Model.Training;

/// <summary>How a training ended.</summary>
/// <param name="StepsDone">Optimiser steps done.</param>
/// <param name="Completed">False when it was asked to stop first; the checkpoint then holds the place to go on from.</param>
/// <param name="Checkpoint">Path of the last checkpoint, which holds exactly <paramref name="StepsDone"/> steps.</param>
public sealed record TrainingEnd(long StepsDone, bool Completed, string Checkpoint)
{
    /// <summary>One sentence on why it is complete before the last step of the spec; null where it is not.</summary>
    public string? EndedEarly { get; init; }
}
