using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Sweeps;

/// <summary>Stores submitted sweeps.</summary>
public sealed class SweepStore(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Stores a sweep, its runs and their jobs (train, then evaluate and sample) in one transaction; a sweep with the same hash is found instead.</summary>
    /// <returns>The sweep's id, whether it is new, and the jobs that are ready to be offered (all ready ones when it was there already).</returns>
    public Task<(Guid SweepId, bool Created, IReadOnlyList<JobOffer> Ready)> SubmitAsync(SweepDraft draft, string provenanceJson, CancellationToken cancel) => throw new NotImplementedException();
}
