namespace DdpmJobs.Tracking.Jobs;

/// <summary>What one reconciliation did.</summary>
/// <param name="Lost">Jobs whose lease had run out: back to ready, or to their end when they were stopping.</param>
/// <param name="Offers">Jobs that have been ready for a while and should be offered again.</param>
public sealed record ReconcileReport(IReadOnlyList<Guid> Lost, IReadOnlyList<JobOffer> Offers);
