using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Artifacts;

/// <summary>Results of shard jobs: found once each, dropped when they are put together.</summary>
public abstract class ShardArtifactSuite(bool postgres) : StoreSuite(postgres)
{
    [Fact]
    public async Task Shards_OfSucceededJobs_AreFoundInOrderAndOfTheNewestFence()
    {
        await using Store store = await CreateAsync();
        Lease[] leases = await ShardsAsync(store, 3);

        // The first attempt of shard 1 is lost after it stored its file; shard 2 has a file and has not ended.
        Artifact lost = await AddAsync(store, leases[1], 10);
        await store.Queue.EndAsync(leases[1], new AttemptEnding.HandedBack("shutdown"), Cancel);
        Lease again = await store.MustClaimAsync("r", JobKind.Evaluate);
        Artifact one = await AddAsync(store, again, 11);
        await store.Queue.EndAsync(again, new AttemptEnding.Succeeded(), Cancel);
        await AddAsync(store, leases[2], 2);
        Artifact zero = await AddAsync(store, leases[0], 0);
        await store.Queue.EndAsync(leases[0], new AttemptEnding.Succeeded(), Cancel);

        Assert.Equal([(0, zero.Id), (1, one.Id)], await FoundAsync(store, leases[0].RunId));
        Assert.Empty(await FoundAsync(store, Guid.CreateVersion7()));

        // The newest is damaged: the one before it will do; when that is gone too, there is none.
        await File.WriteAllBytesAsync(store.Artifacts.PathOf(one.Sha256), [9, 9], Cancel);
        Assert.Equal([(0, zero.Id), (1, lost.Id)], await FoundAsync(store, leases[0].RunId));
        File.Delete(store.Artifacts.PathOf(lost.Sha256));
        Assert.Equal([(0, zero.Id)], await FoundAsync(store, leases[0].RunId));
        Assert.Contains(store.Log, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("shard 2 ", StringComparison.Ordinal) && line.Contains("missing or damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DropShards_OnceTheyArePutTogether_TheirContentIsCollectedAfterAnHour()
    {
        await using Store store = await CreateAsync();
        Lease[] leases = await ShardsAsync(store, 2);
        Artifact[] files = [await AddAsync(store, leases[0], 0), await AddAsync(store, leases[1], 1)];
        foreach (Lease lease in leases)
            await store.Queue.EndAsync(lease, new AttemptEnding.Succeeded(), Cancel);
        Lease evaluate = await store.MustClaimAsync("r", JobKind.Evaluate);
        Assert.Null(evaluate.Shard);
        using var report = new TemporaryFile([7]);
        Artifact other = await store.Artifacts.AddAsync(evaluate, report.Path, "samples", null, [], Cancel);
        await AgeAsync(store);

        await Assert.ThrowsAsync<StaleFenceException>(() => store.Artifacts.DropShardsAsync(evaluate with { Fence = 9 }, Cancel));
        Assert.Empty(await store.QueryAsync("select 1 from artifact where dropped_at is not null"));
        await store.Artifacts.DropShardsAsync(evaluate, Cancel);

        // Who takes over from an attempt that was lost right after this still finds them.
        Assert.Equal(0, await store.Artifacts.CollectGarbageAsync(Cancel));
        Assert.Equal([(0, files[0].Id), (1, files[1].Id)], await FoundAsync(store, evaluate.RunId));
        await store.Artifacts.DropShardsAsync(evaluate, Cancel);
        Assert.Equal(2, (await store.QueryAsync("select 1 from artifact where dropped_at is not null and kind = 'evaluation_shard'")).Count);

        await AgeAsync(store);
        Assert.Equal(2, await store.Artifacts.CollectGarbageAsync(Cancel));
        Assert.Empty(await FoundAsync(store, evaluate.RunId));
        Assert.All(files, file => Assert.Throws<FileNotFoundException>(() => store.Artifacts.PathOf(file.Sha256)));
        Assert.True(File.Exists(store.Artifacts.PathOf(other.Sha256)));
        Assert.DoesNotContain(store.Log, line => line.Contains("missing or damaged", StringComparison.Ordinal));
    }

    private static async Task<Lease[]> ShardsAsync(Store store, int count)
    {
        await store.SubmitAsync("shards", shards: count);
        await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded(), Cancel);
        var leases = new Lease[count];
        for (int i = 0; i < count; i++)
            leases[i] = await store.MustClaimAsync("r", JobKind.Evaluate);
        return leases;
    }

    private static async Task<Artifact> AddAsync(Store store, Lease lease, byte content)
    {
        using var file = new TemporaryFile([content]);
        return await store.Artifacts.AddAsync(lease, file.Path, ArtifactStore.ShardKind, null, [], Cancel);
    }

    private static async Task<IEnumerable<(int, Guid)>> FoundAsync(Store store, Guid run) => (await store.Artifacts.ShardsAsync(run, Cancel)).Select(found => (found.Shard, found.Artifact.Id));

    private static async Task AgeAsync(Store store)
    {
        await using TrackingDb db = await store.DbAsync();
        await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddDays(-1)), Cancel);
    }

    private sealed class TemporaryFile : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-shard-").FullName;

        public TemporaryFile(byte[] content)
        {
            Path = System.IO.Path.Combine(_folder, "shard.safetensors");
            File.WriteAllBytes(Path, content);
        }

        public string Path { get; }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}

public class SqliteShardArtifactTests() : ShardArtifactSuite(postgres: false);

public class PostgresShardArtifactTests() : ShardArtifactSuite(postgres: true);
