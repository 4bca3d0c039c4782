using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DdpmJobs.Model.Training;
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

    [Fact]
    public async Task AddCheckpoint_KeptAndBest_OutliveTheNewestAndSayWhatTheyAre()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        await SaveAsync(store, lease, 1);
        await SaveAsync(store, lease, 2, isKept: true, Nll(2, 3.5), Fid(2, 40));
        await SaveAsync(store, lease, 3);
        await SaveAsync(store, lease, 4, isKept: true, Nll(4, 3.25));
        await SaveAsync(store, lease, 5);
        await SaveAsync(store, lease, 6);

        // Two of the newest, every kept one, and the best of each metric.
        List<object?[]> rows = await store.QueryAsync($"select kind, step, name, selection from {store.V1}artifact_lineage where dropped_at is null order by kind, step");
        Assert.Equal(
            [("checkpoint", 5L, "step.safetensors"), ("checkpoint", 6, "step.safetensors"), ("checkpoint_best", 2, "best-fid-step.safetensors"), ("checkpoint_best", 4, "best-nll-step.safetensors"),
                ("checkpoint_kept", 2, "step.safetensors"), ("checkpoint_kept", 4, "step.safetensors")],
            rows.Select(row => ((string)row[0]!, Convert.ToInt64(row[1], CultureInfo.InvariantCulture), (string)row[2]!)));
        Assert.Equal([Fid(2, 40), Nll(4, 3.25)], rows.Select(row => row[3]).OfType<string>().Select(text => JsonSerializer.Deserialize<CheckpointSelection>(text, Artifact.SelectionFormat)));
        Assert.Equal(4, rows.Count(row => row[3] is DBNull));
        Assert.Equal(4, (await store.Artifacts.BestCheckpointAsync(lease.RunId, "nll", Cancel))!.Step);
        Assert.Equal(2, (await store.Artifacts.BestCheckpointAsync(lease.RunId, "fid", Cancel))!.Step);
        Assert.Null(await store.Artifacts.BestCheckpointAsync(lease.RunId, "nll_train", Cancel));

        // What no row needs is collected, and nothing else.
        await using (TrackingDb db = await store.DbAsync())
            await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddDays(-1)), Cancel);
        Assert.Equal(2, await store.Artifacts.CollectGarbageAsync(Cancel));
        foreach (string sha256 in (await store.QueryAsync("select distinct sha256 from artifact where dropped_at is null")).Select(row => (string)row[0]!))
            Assert.True(File.Exists(store.Artifacts.PathOf(sha256)));
    }

    [Fact]
    public async Task AddCheckpoint_StaleFence_WritesNoRow()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        await Assert.ThrowsAsync<StaleFenceException>(() => SaveAsync(store, lease with { Fence = lease.Fence + 1 }, 2, isKept: true, Nll(2, 1)));
        Assert.Empty(await store.QueryAsync("select 1 from artifact"));
    }

    [Fact]
    public async Task FindCheckpoint_DamagedOfEveryKind_FallsBackStepByStepAndNamesThem()
    {
        await using Store store = await CreateAsync();
        Lease lease = await ClaimedAsync(store);
        Artifact newest = (await SaveAsync(store, lease, 10))[0];
        Artifact kept = (await SaveAsync(store, lease, 20, isKept: true))[0];
        Artifact best = (await SaveAsync(store, lease, 30, isKept: true, Nll(30, 3)))[1];
        Assert.Equal(30, (await store.Artifacts.LatestCheckpointAsync(lease.RunId, Cancel))!.Step);

        // Cut short, a byte flipped, gone.
        File.WriteAllBytes(store.Artifacts.PathOf(best.Sha256), (await File.ReadAllBytesAsync(store.Artifacts.PathOf(best.Sha256), Cancel))[..^1]);
        CheckpointSearch search = await store.Artifacts.FindCheckpointAsync(lease.RunId, Cancel);
        Assert.Equal((20, "30"), (search.Sound!.Step, string.Join(' ', search.Damaged.Select(damaged => damaged.Step))));
        Assert.Null(await store.Artifacts.BestCheckpointAsync(lease.RunId, "nll", Cancel));

        byte[] bytes = await File.ReadAllBytesAsync(store.Artifacts.PathOf(kept.Sha256), Cancel);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(store.Artifacts.PathOf(kept.Sha256), bytes, Cancel);
        search = await store.Artifacts.FindCheckpointAsync(lease.RunId, Cancel);
        Assert.Equal((10, "30 20"), (search.Sound!.Step, string.Join(' ', search.Damaged.Select(damaged => damaged.Step))));

        File.Delete(store.Artifacts.PathOf(newest.Sha256));
        search = await store.Artifacts.FindCheckpointAsync(lease.RunId, Cancel);
        Assert.Equal((null, "30 20 10"), (search.Sound, string.Join(' ', search.Damaged.Select(damaged => damaged.Step))));
        foreach (int step in new[] { 10, 20, 30 })
            Assert.Contains(store.Log, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains($"at step {step} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task FindCheckpoint_LaterAttemptBeganBeforeIt_IsPassedOverSinceTheCurveIsCutThere()
    {
        await using Store store = await CreateAsync();
        Lease first = await ClaimedAsync(store);
        await store.Queue.StartedAsync(first, 0, "{}", Cancel);
        Artifact ten = (await SaveAsync(store, first, 10))[0];
        Artifact twenty = (await SaveAsync(store, first, 20, isKept: true))[0];
        await store.Queue.EndAsync(first, new AttemptEnding.HandedBack("shutdown"), Cancel);

        // The second attempt does not see the newest, as when it is damaged, and goes on from the one before.
        Lease second = await store.MustClaimAsync();
        await store.Queue.StartedAsync(second, 10, "{}", Cancel);
        Assert.Equal(ten.Id, (await store.Artifacts.LatestCheckpointAsync(first.RunId, Cancel))!.Id);
        Artifact fifteen = (await SaveAsync(store, second, 15))[0];
        Assert.Equal(fifteen.Id, (await store.Artifacts.LatestCheckpointAsync(first.RunId, Cancel))!.Id);

        // When it comes to the step again, its file takes the place of the other.
        Artifact again = (await SaveAsync(store, second, 20, isKept: true))[0];
        Assert.Equal(again.Id, (await store.Artifacts.LatestCheckpointAsync(first.RunId, Cancel))!.Id);
        await using TrackingDb db = await store.DbAsync();
        Assert.NotNull((await db.Artifacts.SingleAsync(artifact => artifact.Id == twenty.Id, Cancel)).DroppedAt);
    }

    private static CheckpointSelection Nll(long step, double value) => new("nll", value, "bits/dim", true, step, "0123456789abcdef");

    private static CheckpointSelection Fid(long step, double value) => new("fid", value, "", true, step, "fedcba9876543210");

    private static async Task<IReadOnlyList<Artifact>> SaveAsync(Store store, Lease lease, long step, bool isKept = false, params CheckpointSelection[] bestOf)
    {
        using var file = new TemporaryFile("step.safetensors", BitConverter.GetBytes(step));
        return await store.Artifacts.AddCheckpointAsync(lease, new SavedCheckpoint(file.Path, step) { IsKept = isKept, BestOf = bestOf }, [], Cancel);
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
