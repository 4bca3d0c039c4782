using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Metrics;

/// <summary>Writes and reads curves.</summary>
public sealed class MetricStore(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Appends chunks of one attempt and moves the newest points; a chunk that is there already is left as it is.</summary>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was written.</exception>
    public Task AppendAsync(Lease lease, IReadOnlyList<MetricBatch> batches, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Reads a curve in step order, with what a resumed attempt repeated cut off from the attempts before it.</summary>
    public Task<IReadOnlyList<MetricPoint>> ReadAsync(Guid runId, string name, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Names of the metrics a run has.</summary>
    public Task<IReadOnlyList<string>> NamesAsync(Guid runId, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The newest point of every metric of every run of a sweep.</summary>
    public Task<ILookup<Guid, (string Name, MetricPoint Point)>> LastOfSweepAsync(Guid sweepId, CancellationToken cancel) => throw new NotImplementedException();
}
