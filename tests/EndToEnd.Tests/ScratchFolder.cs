namespace DdpmJobs.EndToEnd.Tests;

/// <summary>A folder of one test, deleted after it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    /// <summary>The path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("ddpm-e2e-").FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that was killed may still be closing its files; the folder of the system's temporary files is cleared anyway.
        }
    }
}
