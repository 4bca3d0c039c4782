using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Artifacts;

/// <summary>Files that all runs share by name: the first one counts.</summary>
public abstract class SharedFileSuite(bool postgres) : StoreSuite(postgres), IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-shared-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Share_SeveralAtOnce_AllGetTheSame()
    {
        await using Store store = await CreateAsync();
        Lease[] leases = await LeasesAsync(store, 4);
        string[] got = await Task.WhenAll(leases.Select((lease, i) => Task.Run(() => store.Artifacts.ShareAsync(lease, "classifier", FileOf((byte)i), Cancel), Cancel)));
        string shared = Assert.Single(got.Distinct());
        Assert.Equal(shared, await store.Artifacts.FindSharedAsync("classifier", Cancel));
        Assert.Null(await store.Artifacts.FindSharedAsync("another", Cancel));
        Assert.NotEqual(shared, await store.Artifacts.ShareAsync(leases[0], "another", FileOf(9), Cancel));
        Assert.Equal(2, (await store.QueryAsync("select 1 from artifact where kind = 'shared_file' and run_id is null")).Count);

        // It outlives the garbage collection, which takes what the others left.
        await using (TrackingDb db = await store.DbAsync())
            await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddDays(-1)), Cancel);
        await store.Artifacts.CollectGarbageAsync(Cancel);
        Assert.Equal(shared, await store.Artifacts.FindSharedAsync("classifier", Cancel));
    }

    [Fact]
    public async Task Share_WhereTheContentIsDamaged_PutsTheNewOneInItsPlace()
    {
        await using Store store = await CreateAsync();
        Lease lease = (await LeasesAsync(store, 1))[0];
        string first = await store.Artifacts.ShareAsync(lease, "classifier", FileOf(1), Cancel);
        await File.WriteAllBytesAsync(store.Artifacts.PathOf(first), [7, 7], Cancel);
        Assert.Null(await store.Artifacts.FindSharedAsync("classifier", Cancel));
        string second = await store.Artifacts.ShareAsync(lease, "classifier", FileOf(2), Cancel);
        Assert.NotEqual(first, second);
        Assert.Equal(second, await store.Artifacts.FindSharedAsync("classifier", Cancel));
        Assert.Single(await store.QueryAsync("select 1 from artifact where kind = 'shared_file'"));
    }

    [Fact]
    public async Task Share_OfALostLease_IsRefused()
    {
        await using Store store = await CreateAsync();
        Lease lease = (await LeasesAsync(store, 1))[0];
        await Assert.ThrowsAsync<StaleFenceException>(() => store.Artifacts.ShareAsync(lease with { Fence = 9 }, "classifier", FileOf(1), Cancel));
        Assert.Null(await store.Artifacts.FindSharedAsync("classifier", Cancel));
    }

    private static async Task<Lease[]> LeasesAsync(Store store, int count)
    {
        var leases = new Lease[count];
        for (int i = 0; i < count; i++)
        {
            await store.SubmitAsync($"sweep-{i}");
            leases[i] = await store.MustClaimAsync("r", JobKind.Train);
        }

        return leases;
    }

    private string FileOf(byte content)
    {
        string path = Path.Combine(_folder, $"{content}");
        File.WriteAllBytes(path, [content]);
        return path;
    }
}

public class SqliteSharedFileTests() : SharedFileSuite(postgres: false);

public class PostgresSharedFileTests() : SharedFileSuite(postgres: true);
