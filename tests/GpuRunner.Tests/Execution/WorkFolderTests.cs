using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace DdpmJobs.GpuRunner.Tests.Execution;

public sealed class WorkFolderTests : IDisposable
{
    private static readonly Lease Lease = new(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), JobKind.Train, 3, Guid.CreateVersion7(), "r", null);

    private readonly TempFolder _folder = new();

    [Fact]
    public void Prepare_PathIsAFile_NamesItAndTheWayOut()
    {
        File.WriteAllText(_folder.File("work"), "in the way");

        RunnerStartException error = Assert.Throws<RunnerStartException>(() => WorkFolder.Prepare(_folder.File("work"), TimeProvider.System));

        Assert.Contains(_folder.File("work"), error.Message);
        Assert.Contains("WorkFolder", error.Message);
    }

    [Fact]
    public void Prepare_FoldersLeftByKilledProcesses_RemovesOldOnesOnly()
    {
        FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(60));
        foreach ((string name, int days) in new[] { ("attempt-old", 3), ("attempt-new", 1), ("someones-own", 9) })
        {
            string path = Directory.CreateDirectory(_folder.File(name)).FullName;
            Directory.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime.AddDays(-days));
        }

        WorkFolder.Prepare(_folder.Path, clock);

        Assert.Equal(["attempt-new", "someones-own"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Dispose_FolderWithFiles_IsGone()
    {
        string path;
        using (WorkFolder work = WorkFolder.Of(_folder.Path, Lease))
        {
            path = work.Path;
            File.WriteAllText(Path.Combine(path, "step-00000001.safetensors"), "x");
        }

        Assert.False(Directory.Exists(path));
    }

    public void Dispose() => _folder.Dispose();
}
