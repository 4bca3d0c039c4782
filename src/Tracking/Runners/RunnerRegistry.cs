using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Runners;

/// <summary>Who is there.</summary>
public sealed class RunnerRegistry(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Inserts or renews a runner's row (by id) and its sign of life.</summary>
    public Task SeenAsync(Runner runner, CancellationToken cancel) => throw new NotImplementedException();
}
