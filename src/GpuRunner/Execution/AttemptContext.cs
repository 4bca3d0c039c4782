using DdpmJobs.GpuRunner.Metrics;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>What the work of one attempt is given.</summary>
public sealed record AttemptContext
{
    /// <summary>The right to do it.</summary>
    public required Lease Lease { get; init; }

    /// <summary>The run.</summary>
    public required RunSpec Spec { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public required string Device { get; init; }

    /// <summary>Device, threads, host, program and libtorch version, as a JSON object.</summary>
    public required string EnvironmentJson { get; init; }

    /// <summary>The attempt's own folder; deleted at its end.</summary>
    public required string Folder { get; init; }

    /// <summary>Ends the work early.</summary>
    public required AttemptStop Stop { get; init; }

    /// <summary>Ends even the storing of what the work left: some time after a shutdown was asked for.</summary>
    public required CancellationToken Deadline { get; init; }

    /// <summary>Takes progress.</summary>
    public required AttemptProgress Progress { get; init; }

    /// <summary>Takes metrics.</summary>
    public required MetricPump Pump { get; init; }
}
