using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Artifacts;

/// <summary>Files by content: written to a temporary name, hashed, synced, renamed to <c>ab/cdef…</c>; no user text ever becomes a path.</summary>
public sealed class ArtifactStore(IDbContextFactory<TrackingDb> contexts, ArtifactOptions options)
{
    /// <summary>Stores a file of an attempt and its row. Older checkpoints of the run beyond the retention are dropped.</summary>
    /// <param name="lease">The attempt.</param>
    /// <param name="file">Path of the file to copy in.</param>
    /// <param name="kind">See <see cref="Artifact.Kind"/>.</param>
    /// <param name="step">Training steps done, for checkpoints.</param>
    /// <param name="from">What it was made from.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="StaleFenceException">The lease is lost; no row was written.</exception>
    public Task<Artifact> AddAsync(Lease lease, string file, string kind, long? step, IReadOnlyList<Guid> from, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Stores a file of a whole sweep, made by the scheduler; one of the same kind and content is found instead.</summary>
    public Task<Artifact> AddToSweepAsync(Guid sweepId, string file, string kind, IReadOnlyList<Guid> from, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The newest checkpoint of a run (largest step) whose content is there and sound; a damaged one is reported and passed over.</summary>
    public Task<Artifact?> LatestCheckpointAsync(Guid runId, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The path of a content; the caller only reads it.</summary>
    /// <exception cref="FileNotFoundException">It is not in the folder.</exception>
    public string PathOf(string sha256) => throw new NotImplementedException();

    /// <summary>Deletes contents that no row needs any more and temporary files older than a day.</summary>
    /// <returns>Contents deleted.</returns>
    public Task<int> CollectGarbageAsync(CancellationToken cancel) => throw new NotImplementedException();
}
