using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Tracking;

/// <summary>Registers Tracking.</summary>
public static class TrackingSetup
{
    /// <summary>Adds the context factory and every store as singletons. The host adds logging.</summary>
    public static IServiceCollection AddTracking(this IServiceCollection services, StoreOptions store, ArtifactOptions artifacts, LeaseOptions leases) => services
        .AddSingleton(store)
        .AddSingleton(artifacts)
        .AddSingleton(leases)
        .AddSingleton<IDbContextFactory<TrackingDb>, TrackingDbFactory>()
        .AddSingleton<SweepStore>()
        .AddSingleton<JobQueue>()
        .AddSingleton<MetricStore>()
        .AddSingleton<EvaluationStore>()
        .AddSingleton<ArtifactStore>()
        .AddSingleton<RunnerRegistry>();
}
