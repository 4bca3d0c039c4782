using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>An attempt's own folder; its files are worth nothing after the attempt, since all that counts is in the artifact store.</summary>
public sealed class WorkFolder : IDisposable
{
    /// <summary>Age after which a folder left by a killed process is removed; no attempt writes so rarely.</summary>
    private static readonly TimeSpan LeftBehindAfter = TimeSpan.FromDays(2);

    private WorkFolder(string path) => Path = path;

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Creates the root, proves that it can be written, and removes what killed processes left there.</summary>
    /// <exception cref="RunnerStartException">It cannot be written.</exception>
    public static void Prepare(string root, TimeProvider clock)
    {
        try
        {
            Directory.CreateDirectory(root);
            string probe = System.IO.Path.Combine(root, $".writable-{Guid.CreateVersion7():n}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new RunnerStartException(
                $"The work folder '{root}' cannot be written ({error.Message}); give this user the right to write there or set the runner option WorkFolder.", error);
        }

        DateTime oldest = clock.GetUtcNow().UtcDateTime - LeftBehindAfter;
        foreach (string folder in Directory.EnumerateDirectories(root, "attempt-*"))
        {
            if (Directory.GetLastWriteTimeUtc(folder) < oldest)
            {
                Delete(folder);
            }
        }
    }

    /// <summary>Creates the folder of an attempt.</summary>
    public static WorkFolder Of(string root, Lease lease)
        => new(Directory.CreateDirectory(System.IO.Path.Combine(root, $"attempt-{lease.JobId:n}-{lease.Fence}")).FullName);

    /// <inheritdoc/>
    public void Dispose() => Delete(Path);

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another process removed it first or still holds a file; a later start removes what is left.
        }
    }
}
