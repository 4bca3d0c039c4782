using System.Security.Cryptography;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Artifacts;

public abstract class ArtifactStoreSuite(bool postgres) : StoreSuite(postgres)
{
    [Fact]
    public async Task Add_File_IsFoundByItsContent()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        using var file = new TemporaryFile("../../evil name.png", [1, 2, 3]);

        Artifact artifact = await store.Artifacts.AddAsync(lease, file.Path, "sample_grid", null, [], Cancel);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3])), artifact.Sha256);
        string path = store.Artifacts.PathOf(artifact.Sha256);
        Assert.StartsWith(store.ArtifactFolder, path, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(path, Cancel));
        Assert.Empty(Directory.GetFiles(Path.Combine(store.ArtifactFolder, "tmp")));
        Assert.Throws<ArgumentException>(() => store.Artifacts.PathOf("../../etc/passwd"));
        Assert.Throws<FileNotFoundException>(() => store.Artifacts.PathOf(new string('0', 64)));
    }

    [Fact]
    public async Task LatestCheckpoint_NewestIsDamaged_TheOneBeforeIsUsed()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        Artifact old = await AddCheckpointAsync(store, lease, 10);
        Artifact newest = await AddCheckpointAsync(store, lease, 20);
        Assert.Equal(newest.Id, (await store.Artifacts.LatestCheckpointAsync(lease.RunId, Cancel))!.Id);

        await File.WriteAllBytesAsync(store.Artifacts.PathOf(newest.Sha256), [9, 9], Cancel);
        Assert.Equal(old.Id, (await store.Artifacts.LatestCheckpointAsync(lease.RunId, Cancel))!.Id);
        Assert.Contains(store.Log, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("at step 20", StringComparison.Ordinal));
        File.Delete(store.Artifacts.PathOf(old.Sha256));
        Assert.Null(await store.Artifacts.LatestCheckpointAsync(lease.RunId, Cancel));
    }

    [Fact]
    public async Task Add_ManyCheckpoints_KeepsTwoAndCollectsTheRest()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        Artifact[] checkpoints = [await AddCheckpointAsync(store, lease, 1), await AddCheckpointAsync(store, lease, 2), await AddCheckpointAsync(store, lease, 3)];

        Assert.Equal(0, await store.Artifacts.CollectGarbageAsync(Cancel)); // what is young is left alone
        await using (TrackingDb db = await store.DbAsync())
            await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddDays(-1)), Cancel);
        Assert.Equal(1, await store.Artifacts.CollectGarbageAsync(Cancel));

        Assert.Throws<FileNotFoundException>(() => store.Artifacts.PathOf(checkpoints[0].Sha256));
        Assert.True(File.Exists(store.Artifacts.PathOf(checkpoints[1].Sha256)));
        Assert.Equal(checkpoints[2].Id, (await store.Artifacts.LatestCheckpointAsync(lease.RunId, Cancel))!.Id);
    }

    [Fact]
    public async Task Add_ContentThatIsBeingCollected_IsThereAfterwards()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        for (int round = 0; round < 15; round++)
        {
            // Make the content of the rounds before old and unneeded, then collect and add it in the same moment.
            await using (TrackingDb db = await store.DbAsync())
            {
                await db.Artifacts.ExecuteUpdateAsync(set => set.SetProperty(artifact => artifact.DroppedAt, artifact => artifact.CreatedAt), Cancel);
                await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddDays(-1)), Cancel);
            }

            Task<Artifact> add = AddCheckpointAsync(store, lease, 1);
            await Task.WhenAll(add, store.Artifacts.CollectGarbageAsync(Cancel));
            Assert.True(File.Exists(store.Artifacts.PathOf((await add).Sha256)));
            Assert.Single(await store.QueryAsync("select 1 from artifact_blob"));
        }
    }

    [Fact]
    public async Task CollectGarbage_TemporaryFile_GoesAfterADay()
    {
        await using Store store = await CreateAsync();
        await ClaimedAsync(store);
        string temporary = Directory.CreateDirectory(Path.Combine(store.ArtifactFolder, "tmp")).FullName;
        string old = Path.Combine(temporary, "old");
        string young = Path.Combine(temporary, "young");
        await File.WriteAllTextAsync(old, "", Cancel);
        await File.WriteAllTextAsync(young, "", Cancel);
        File.SetLastWriteTimeUtc(old, File.GetLastWriteTimeUtc(young).AddDays(-2));

        await store.Artifacts.CollectGarbageAsync(Cancel);

        Assert.Equal([young], Directory.GetFiles(temporary));
    }

    [Fact]
    public async Task AddToSweep_SameContent_IsOneArtifactWithItsLineage()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        Artifact samples = await AddCheckpointAsync(store, lease, 5);
        using var file = new TemporaryFile("sweep.png", [7]);
        Artifact one = await store.Artifacts.AddToSweepAsync(lease.SweepId, file.Path, "sweep_grid", [samples.Id], Cancel);
        Artifact two = await store.Artifacts.AddToSweepAsync(lease.SweepId, file.Path, "sweep_grid", [samples.Id], Cancel);
        Assert.Equal(one.Id, two.Id);
        Assert.Equal(["checkpoint"], (await store.QueryAsync($"select from_kind from {store.V1}artifact_lineage where kind = 'sweep_grid'")).Select(row => row[0]));
    }

    [Fact]
    public async Task Add_FolderIsAFile_SaysWhichFolderAndTheWayOut()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        await File.WriteAllTextAsync(store.ArtifactFolder, "in the way", Cancel);
        using var file = new TemporaryFile("a.bin", [1]);
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Artifacts.AddAsync(lease, file.Path, "samples", null, [], Cancel));
        Assert.Contains(store.ArtifactFolder, error.Message);
        Assert.Contains("DDPM__Artifacts__Folder", error.Message);
    }

    private static async Task<Lease> ClaimedAsync(Store store)
    {
        await store.SubmitAsync("files");
        return await store.MustClaimAsync();
    }

    private static async Task<Artifact> AddCheckpointAsync(Store store, Lease lease, long step)
    {
        using var file = new TemporaryFile("step.safetensors", BitConverter.GetBytes(step));
        return await store.Artifacts.AddAsync(lease, file.Path, "checkpoint", step, [], Cancel);
    }

    private sealed class TemporaryFile : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-file-").FullName;

        public TemporaryFile(string name, byte[] content)
        {
            Path = System.IO.Path.Combine(_folder, System.IO.Path.GetFileName(name));
            File.WriteAllBytes(Path, content);
        }

        public string Path { get; }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}

public class SqliteArtifactStoreTests() : ArtifactStoreSuite(postgres: false);

public class PostgresArtifactStoreTests() : ArtifactStoreSuite(postgres: true);
