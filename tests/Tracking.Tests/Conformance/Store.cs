using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DdpmJobs.Tracking.Tests.Conformance;

/// <summary>A fresh, migrated store with everything on it.</summary>
public sealed class Store : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string _folder;

    private Store(ServiceProvider services, string folder)
    {
        _services = services;
        _folder = folder;
    }

    public JobQueue Queue => _services.GetRequiredService<JobQueue>();

    public SweepStore Sweeps => _services.GetRequiredService<SweepStore>();

    public MetricStore Metrics => _services.GetRequiredService<MetricStore>();

    public EvaluationStore Evaluations => _services.GetRequiredService<EvaluationStore>();

    public ArtifactStore Artifacts => _services.GetRequiredService<ArtifactStore>();

    public RunnerRegistry Runners => _services.GetRequiredService<RunnerRegistry>();

    public string ArtifactFolder => Path.Combine(_folder, "artifacts");

    /// <summary>What was logged, as in <c>Error: text</c>.</summary>
    public IReadOnlyCollection<string> Log { get; private init; } = [];

    public string V1 { get; private init; } = "";

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Store> CreateAsync(bool postgres)
    {
        string folder = Directory.CreateTempSubdirectory("ddpm-tracking-").FullName;
        var options = new StoreOptions { SqliteFile = Path.Combine(folder, "ddpm.db"), Postgres = postgres ? await FreshPostgresAsync() : "" };
        var log = new RecordingLog();
        ServiceProvider services = new ServiceCollection().AddLogging(logging => logging.AddProvider(log))
            .AddTracking(options, new ArtifactOptions { Folder = Path.Combine(folder, "artifacts") }, new LeaseOptions())
            .BuildServiceProvider();
        await using TrackingDb db = await services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync(Cancel);
        await MigrationLevel.MigrateAsync(db, Cancel);
        return new Store(services, folder) { V1 = postgres ? "v1." : "v1_", Log = log.Lines };
    }

    /// <summary>A connection string to a database that does not exist yet; skips where there is no server, and fails in CI.</summary>
    public static async Task<string> FreshPostgresAsync()
    {
        string? server = Environment.GetEnvironmentVariable("DDPM_TEST_POSTGRES");
        if (string.IsNullOrEmpty(server) && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail("CI must provide DDPM_TEST_POSTGRES.");
        Assert.SkipWhen(string.IsNullOrEmpty(server), "DDPM_TEST_POSTGRES is not set; ./test provides it.");
        await Task.CompletedTask;
        return new NpgsqlConnectionStringBuilder(server) { Database = $"ddpm_{Guid.CreateVersion7():N}", Pooling = true, MaxPoolSize = 20 }.ConnectionString;
    }

    public Task<TrackingDb> DbAsync() => _services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync(Cancel);

    /// <summary>Submits a sweep of some runs that differ by their seed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="runs">How many.</param>
    /// <param name="shards">Shard jobs of each run's evaluation; 0 for none.</param>
    public async Task<Guid> SubmitAsync(string name, int runs = 1, int shards = 0)
    {
        RunDraft[] drafts = [.. Enumerable.Range(0, runs).Select(seed => new RunDraft($"seed={seed}", $"{{\"seed\":{seed}}}", Spec(seed, shards)))];
        return (await Sweeps.SubmitAsync(new SweepDraft(name, "hash of " + name, "name: " + name, "default", "alice", drafts), "{}", Cancel)).SweepId;
    }

    private static RunSpec Spec(int seed, int shards) => new()
    {
        Seed = seed,
        Data = new Optdigits(),
        Evaluation = shards == 0 ? new EvaluationSpec() : new EvaluationSpec { Metrics = [new FrechetDistanceMetric()], Samples = new EvaluationSamples { Shards = shards, Count = 1000 } },
    };

    public Task<Lease?> ClaimAsync(string runner = "r1", Guid? offered = null, params JobKind[] kinds) =>
        Queue.ClaimAsync(Guid.CreateVersion7(), runner, "default", kinds.Length == 0 ? Enum.GetValues<JobKind>() : kinds, offered, Cancel);

    public async Task<Lease> MustClaimAsync(string runner = "r1", params JobKind[] kinds) => (await ClaimAsync(runner, null, kinds))!;

    public async Task<Job> JobAsync(Guid id)
    {
        await using TrackingDb db = await DbAsync();
        return await db.Jobs.AsNoTracking().SingleAsync(job => job.Id == id, Cancel);
    }

    public async Task<List<Job>> JobsAsync()
    {
        await using TrackingDb db = await DbAsync();
        return await db.Jobs.AsNoTracking().OrderBy(job => job.Ordinal).ThenBy(job => job.Shard).ToListAsync(Cancel);
    }

    public async Task<List<JobDependency>> DependenciesAsync()
    {
        await using TrackingDb db = await DbAsync();
        return await db.JobDependencies.AsNoTracking().ToListAsync(Cancel);
    }

    /// <summary>Moves a lease into the past: the only clock is the database's.</summary>
    public async Task ExpireAsync(Guid jobId)
    {
        await using TrackingDb db = await DbAsync();
        await db.Jobs.Where(job => job.Id == jobId).ExecuteUpdateAsync(set => set.SetProperty(job => job.LeaseUntil, job => job.CreatedAt.AddDays(-1)), Cancel);
    }

    public async Task AvailableNowAsync(Guid jobId)
    {
        await using TrackingDb db = await DbAsync();
        await db.Jobs.Where(job => job.Id == jobId).ExecuteUpdateAsync(set => set.SetProperty(job => job.AvailableAt, job => job.CreatedAt), Cancel);
    }

    /// <summary>Rows of a query, each as text.</summary>
    public async Task<List<object?[]>> QueryAsync(string sql)
    {
        await using TrackingDb db = await DbAsync();
        await db.Database.OpenConnectionAsync(Cancel);
        await using System.Data.Common.DbCommand command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        await using System.Data.Common.DbDataReader reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(Cancel))
        {
            object?[] row = new object?[reader.FieldCount];
            reader.GetValues(row!);
            rows.Add(row);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await using (TrackingDb db = await _services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync(CancellationToken.None))
            await db.Database.EnsureDeletedAsync(CancellationToken.None);
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
