using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Tracking;

/// <summary>Registers Tracking.</summary>
public static class TrackingSetup
{
    /// <summary>Adds the context factory and every store as singletons.</summary>
    public static IServiceCollection AddTracking(this IServiceCollection services, StoreOptions store, ArtifactOptions artifacts, LeaseOptions leases) => throw new NotImplementedException();
}
