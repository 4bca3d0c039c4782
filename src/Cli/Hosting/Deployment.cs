using DdpmJobs.GpuRunner;
using DdpmJobs.Scheduler;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Cli.Hosting;

/// <summary>How this process is deployed: the defaults of the options, with the <c>DDPM__…</c> environment variables on top.</summary>
internal sealed class Deployment
{
    /// <summary><c>DDPM__…</c> at the root.</summary>
    public EndpointOptions Endpoints { get; } = new();

    /// <summary><c>DDPM__Scheduler__…</c>.</summary>
    public SchedulerOptions Scheduler { get; } = new();

    /// <summary><c>DDPM__Scheduler__Url</c>, which the web host takes and not the scheduler.</summary>
    public ListenOptions Listen { get; } = new();

    /// <summary><c>DDPM__Runner__…</c>.</summary>
    public RunnerOptions Runner { get; } = new();

    /// <summary><c>DDPM__Weights__…</c>.</summary>
    public WeightsOptions Weights { get; } = new();

    /// <summary><c>DDPM__Statistics__…</c>.</summary>
    public StatisticsOptions Statistics { get; } = new();

    /// <summary><c>DDPM__Artifacts__…</c>.</summary>
    public ArtifactOptions Artifacts { get; } = new();

    /// <summary><c>DDPM__Lease__…</c>.</summary>
    public LeaseOptions Lease { get; } = new();

    /// <summary><c>DDPM__Seq__…</c>.</summary>
    public SeqOptions Seq { get; } = new();

    /// <summary>The options by the section of the variable's name.</summary>
    public IReadOnlyList<(string Section, object Options)> Sections =>
    [
        ("", Endpoints), ("Scheduler__", Scheduler), ("Scheduler__", Listen), ("Runner__", Runner), ("Weights__", Weights), ("Statistics__", Statistics), ("Artifacts__", Artifacts), ("Lease__", Lease), ("Seq__", Seq),
    ];
}
