namespace DdpmJobs.Tracking.Jobs;

/// <summary>What a job does with its run.</summary>
public enum JobKind
{
    /// <summary>Trains the network.</summary>
    Train,

    /// <summary>Measures the trained network, or a part of it; see <see cref="Job.Shard"/>.</summary>
    Evaluate,

    /// <summary>Draws images from the trained network.</summary>
    Sample,
}
