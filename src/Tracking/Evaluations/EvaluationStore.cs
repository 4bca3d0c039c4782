using DdpmJobs.Model.Evaluation;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Evaluations;

/// <summary>Writes measured qualities.</summary>
public sealed class EvaluationStore(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Records a value of an attempt; repeating it changes nothing.</summary>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was written.</exception>
    public Task AddAsync(Lease lease, MetricValue value, string checkpointSha256, CancellationToken cancel) => throw new NotImplementedException();
}
