namespace DdpmJobs.Model.Training;

/// <summary>How a training goes on from a checkpoint.</summary>
/// <param name="Step">Optimiser steps that the checkpoint holds.</param>
/// <param name="Before">What its last step ran under; null where the checkpoint does not say.</param>
/// <param name="Now">What the steps after it run under.</param>
public sealed record Resumption(long Step, TrainingConditions? Before, TrainingConditions Now)
{
    /// <summary>True where the numbers are those of a training that never stopped, to the last bit; false where they are equal within rounding only; null where nobody can say.</summary>
    public bool? IsExact => Before is null ? null : Reason is null;

    /// <summary>Why it may not be exact, in words that follow "went on from step S"; null where it is.</summary>
    public string? Reason => Before is null ? "of a checkpoint that does not say what it was made on"
        : Now.DifferenceFrom(Before) is { } difference ? difference
        // Some of libtorch's CUDA kernels add in the order in which threads come: no two runs need be equal.
        : Now.Device != "cpu" ? $"on {Now.Device}, where no two runs need be equal"
        : null;
}
