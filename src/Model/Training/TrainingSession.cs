using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Training;

/// <summary>What a training is given by whoever runs it, beside the spec: place, device and where to report. Nothing here changes a number.</summary>
public sealed record TrainingSession
{
    /// <summary>Device name as libtorch writes it: <c>cpu</c> or <c>cuda:0</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>An existing folder that checkpoints are written to as <c>step-00001234.safetensors</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Folder of data sets that are not shipped; null for the default of the environment.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Where feature networks and statistics of true images are, for a validation that draws samples.</summary>
    public FeaturePlaces Features { get; init; } = new();

    /// <summary>A checkpoint of the same spec to go on from; null to start at step 0.</summary>
    public string? ResumeFrom { get; init; }

    /// <summary>Longest time between two checkpoints; longer where writing one takes longer, since one is written at a time and training does not wait for it.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Called on the training thread where it goes on from a step of a checkpoint, before <see cref="OnData"/>; must return at once.</summary>
    public Action<Resumption>? OnResumed { get; init; }

    /// <summary>Called on the training thread with the content hash of the images that are trained on, before the first step; must return at once.</summary>
    public Action<string>? OnData { get; init; }

    /// <summary>Called on the training thread with new points; must return at once.</summary>
    public Action<TrainingPoints>? OnPoints { get; init; }

    /// <summary>Called on the training thread with what a validation measured, and once more when training goes on from just after one; must return at once.</summary>
    public Action<ValidationPoint>? OnValidation { get; init; }

    /// <summary>Called when a checkpoint file is complete, on the thread that wrote it, one call at a time; must return at once. None comes after the training has ended.</summary>
    public Action<SavedCheckpoint>? OnCheckpoint { get; init; }

    /// <summary>Whether a thread of its own draws the batches ahead, which changes no number; null for yes where a CUDA device trains.</summary>
    internal bool? DrawAhead { get; init; }

    /// <summary>The clock for throughput and checkpoint times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>False leaves out what steps measure, and with it the watch for divergence: a benchmark of what that costs needs a training without.</summary>
    internal bool Measures { get; init; } = true;
}
