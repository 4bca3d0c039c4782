using DdpmJobs.Model.Evaluation;
using DdpmJobs.Tracking.Artifacts;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Files that all runners of an installation share, in the artifact store. Called on the thread of the work, which waits for the store.</summary>
/// <param name="artifacts">The store.</param>
/// <param name="wait">Outlasts an outage of it.</param>
/// <param name="attempt">Who asks.</param>
public sealed class SharedFiles(ArtifactStore artifacts, StoreWait wait, AttemptContext attempt) : ISharedFiles
{
    /// <inheritdoc/>
    public string? Find(string name)
    {
        string? sha256 = null;
        wait.OutlastAsync(async cancel => sha256 = await artifacts.FindSharedAsync(name, cancel), attempt.Stop.Token).GetAwaiter().GetResult();
        return sha256 is null ? null : artifacts.PathOf(sha256);
    }

    /// <inheritdoc/>
    public string Offer(string name, string file)
    {
        string sha256 = "";
        wait.OutlastAsync(async cancel => sha256 = await artifacts.ShareAsync(attempt.Lease, name, file, cancel), attempt.Stop.Token).GetAwaiter().GetResult();
        return artifacts.PathOf(sha256);
    }
}
