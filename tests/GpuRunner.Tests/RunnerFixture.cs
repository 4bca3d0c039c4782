using System.Text.Json.Nodes;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.GpuRunner.Slots;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.GpuRunner.Tests;

/// <summary>A runner on a real store (a SQLite file), with stand-ins for the work itself. Heartbeats are short, so that stops are seen soon.</summary>
internal sealed class RunnerFixture : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private RunnerFixture(RunWork? work, Action<RunnerOptions>? configure)
    {
        Options = new RunnerOptions
        {
            Name = "test-runner",
            Devices = "cpu",
            Slots = 1,
            WorkFolder = _folder.File("work"),
            PollEvery = TimeSpan.FromMilliseconds(20),
            ReportEvery = TimeSpan.FromMilliseconds(10),
        };
        configure?.Invoke(Options);
        ServiceCollection services = new();
        services.AddLogging();
        services.AddTracking(
            new StoreOptions { SqliteFile = _folder.File("ddpm.db") },
            new ArtifactOptions { Folder = _folder.File("artifacts"), KeepCheckpoints = 100 },
            new LeaseOptions { Heartbeat = TimeSpan.FromMilliseconds(20), FirstBackoff = TimeSpan.Zero, MaxBackoff = TimeSpan.Zero });
        if (work is not null)
        {
            services.AddSingleton(work);
        }

        services.AddRunner(Options);
        Services = services.BuildServiceProvider();
    }

    public RunnerOptions Options { get; }

    public ServiceProvider Services { get; }

    public string WorkFolder => Options.WorkFolder;

    public JobQueue Queue => Get<JobQueue>();

    public static async Task<RunnerFixture> CreateAsync(RunWork? work, Action<RunnerOptions>? configure = null)
    {
        RunnerFixture fixture = new(work, configure);
        await using TrackingDb db = await fixture.DbAsync();
        await MigrationLevel.MigrateAsync(db, CancellationToken.None);
        await fixture.Get<RunnerPresence>().EnterAsync([new Slot(0, "cpu")], CancellationToken.None);
        return fixture;
    }

    /// <summary>Work of which each part fails the test when it is called without being given.</summary>
    public static RunWork Work(
        Func<RunSpec, TrainingSession, CancellationToken, TrainingEnd>? train = null,
        Func<EvaluationSession, CancellationToken, IReadOnlyList<MetricValue>>? evaluate = null,
        Func<string, CancellationToken, SampleSet>? sample = null,
        Action<EvaluationSession, int, string, CancellationToken>? shard = null) => new(
            train ?? ((_, _, _) => throw new InvalidOperationException("Not expected to train.")),
            (_, session, stop) => evaluate is null ? throw new InvalidOperationException("Not expected to evaluate.") : evaluate(session, stop),
            (_, session, number, file, stop) => (shard ?? throw new InvalidOperationException("Not expected to draw a shard."))(session, number, file, stop),
            (_, _, _, _, folder, _, stop) => sample is null ? throw new InvalidOperationException("Not expected to sample.") : sample(folder, stop));

    /// <summary>Ends a stand-in training like the trainer: with a checkpoint that was reported.</summary>
    public static TrainingEnd End(TrainingSession session, long steps, bool completed)
    {
        string path = Path.Combine(session.Folder, $"step-{steps:D8}.safetensors");
        File.WriteAllText(path, $"weights after {steps} steps");
        session.OnCheckpoint?.Invoke(new SavedCheckpoint(path, steps));
        return new TrainingEnd(steps, completed, path);
    }

    /// <summary>Hands over points of steps [from, to), with a loss that names its step.</summary>
    public static void Points(TrainingSession session, int from, int to)
    {
        double[] loss = [.. Enumerable.Range(from, to - from).Select(step => 1.0 / (step + 1))];
        session.OnPoints?.Invoke(new TrainingPoints(from, loss, loss, loss, 100));
    }

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public Task<TrackingDb> DbAsync() => Get<IDbContextFactory<TrackingDb>>().CreateDbContextAsync();

    /// <summary>Submits one run of a few steps.</summary>
    public async Task<Guid> SubmitAsync(string spec)
    {
        RunSpec run = SpecJson.Read<RunSpec>(JsonNode.Parse(spec));
        SweepDraft draft = new("test", SpecJson.Hash(run), "name: test", "default", "tester", [new RunDraft("test", "{}", run)]);
        (Guid sweep, _, _) = await Get<SweepStore>().SubmitAsync(draft, "{}", CancellationToken.None);
        return sweep;
    }

    public Task<Guid> SubmitAsync() => SubmitAsync("""{ "data": "optdigits", "training": { "steps": 10 } }""");

    public async Task<Lease> ClaimAsync()
    {
        RunnerPresence presence = Get<RunnerPresence>();
        Lease? lease = await Queue.ClaimAsync(presence.Id, Options.Name, "default", Enum.GetValues<JobKind>(), null, CancellationToken.None);
        Assert.NotNull(lease);
        return lease;
    }

    /// <summary>Claims the next job and does it.</summary>
    public async Task<(Lease Lease, AttemptOutcome Outcome)> ClaimAndExecuteAsync(CancellationToken shutdown = default)
    {
        Lease lease = await ClaimAsync();
        return (lease, await ExecuteAsync(lease, shutdown));
    }

    public Task<AttemptOutcome> ExecuteAsync(Lease lease, CancellationToken shutdown = default)
        => Get<RunExecutor>().ExecuteAsync(lease, new Slot(0, "cpu"), shutdown);

    public async Task<Job> JobAsync(Guid id)
    {
        await using TrackingDb db = await DbAsync();
        return await db.Jobs.Include(job => job.Attempts).SingleAsync(job => job.Id == id);
    }

    public async Task<IReadOnlyList<Job>> JobsAsync()
    {
        await using TrackingDb db = await DbAsync();
        return await db.Jobs.OrderBy(job => job.Kind).ToListAsync();
    }

    public async Task<IReadOnlyList<Artifact>> ArtifactsAsync()
    {
        await using TrackingDb db = await DbAsync();
        return await db.Artifacts.OrderBy(artifact => artifact.CreatedAt).ThenBy(artifact => artifact.Id).ToListAsync();
    }

    public Task<IReadOnlyList<MetricPoint>> CurveAsync(Guid runId, string name) => Get<MetricStore>().ReadAsync(runId, name, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }
}
