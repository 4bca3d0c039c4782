using System.Net.Http.Headers;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Scheduler.Reconciling;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Tracking;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Storage;
using Hangfire;
using Hangfire.Logging;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Tests.Hosting;

/// <summary>A scheduler as users run it: Kestrel on a free loopback port, Hangfire in memory, a store of its own.</summary>
public sealed class SchedulerHost : IAsyncDisposable
{
    private readonly string _folder;
    private readonly WebApplication _app;

    private SchedulerHost(string folder, WebApplication app)
    {
        _folder = folder;
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public JobQueue Queue => Services.GetRequiredService<JobQueue>();

    public Reconciler Reconciler => Services.GetRequiredService<Reconciler>();

    public static async Task<SchedulerHost> StartAsync(string token = "", string url = "http://127.0.0.1:0", string postgres = "", TimeSpan? lease = null, string? keys = null, Action<IBusRegistrationConfigurator>? bus = null)
    {
        string folder = Directory.CreateTempSubdirectory("ddpm-scheduler-").FullName;
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = folder });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);

        // The loop passes once at the start and then, within a test, never: tests call the reconciler themselves.
        var store = new StoreOptions { Postgres = postgres, SqliteFile = Path.Combine(folder, "ddpm.db") };
        builder.Services.AddTracking(store, new ArtifactOptions { Folder = Path.Combine(folder, "artifacts") }, new LeaseOptions { Ttl = lease ?? TimeSpan.FromMinutes(5) });
        builder.Services.AddScheduler(new SchedulerOptions { Token = token, KeyFolder = keys ?? Path.Combine(folder, "keys"), ReconcileEvery = TimeSpan.FromHours(1) }, store);
        builder.Services.AddMassTransit(x =>
        {
            x.DisableUsageTelemetry();
            bus?.Invoke(x);
            x.UsingInMemory((context, c) => c.ConfigureEndpoints(context));
        });
        WebApplication app = builder.Build();
        app.MapScheduler();
        await using (TrackingDb db = await app.Services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync())
        {
            await MigrationLevel.MigrateAsync(db, CancellationToken.None);
        }

        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        // Hangfire logs through the host that started last, of all hosts of the process, even when that one is gone.
        LogProvider.SetCurrentLogProvider(new SilentHangfire());
        return new SchedulerHost(folder, app);
    }

    /// <summary>Submits a sweep of two runs, whose six jobs are two ready trainings and four blocked dependants.</summary>
    public Task<Guid> SubmitAsync(string name = "pair", string user = "ada") => SubmitYamlAsync(Yaml(name), user);

    /// <summary>Submits the sweep with the evaluation of each run in parts: as many jobs more a run.</summary>
    public Task<Guid> SubmitInShardsAsync(int shards)
        => SubmitYamlAsync(Yaml("pair").Replace("grid:\n", $"  evaluation: {{ metrics: frechet_distance, samples: {{ shards: {shards}, count: 1000 }} }}\ngrid:\n", StringComparison.Ordinal), "ada");

    private async Task<Guid> SubmitYamlAsync(string yaml, string user)
        => (await Services.GetRequiredService<SweepSubmission>().SubmitAsync(yaml, "pair.yaml", user, [], CancellationToken.None)).SweepId;

    public static string Yaml(string name) => $$"""
        name: {{name}}
        run:
          data: optdigits
          network: { kind: ddpm_unet, channels: 16, multipliers: [1], blocks: 1, attention: [], dropout: 0, groups: 8 }
          training: { steps: 4, batch_size: 4, warmup_steps: 1, ema: warmup }
          sampling: { sampler: { kind: ddim, steps: 5 }, count: 4, columns: 2 }
        grid:
          process.schedule: [linear, cosine]
        """;

    public TrackingDb Db() => Services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContext();

    public async Task<List<Job>> JobsAsync(Guid sweep)
    {
        await using TrackingDb db = Db();
        return await db.Jobs.AsNoTracking().Include(j => j.Run).Where(j => j.SweepId == sweep).OrderBy(j => j.Run!.Index).ThenBy(j => j.Kind).ThenBy(j => j.Shard).ToListAsync();
    }

    public async Task<Job> JobAsync(Guid id)
    {
        await using TrackingDb db = Db();
        return await db.Jobs.AsNoTracking().SingleAsync(j => j.Id == id);
    }

    public async Task<Lease> ClaimAsync(JobKind kind, Guid? offered = null)
    {
        var runner = new Runner { Id = Guid.CreateVersion7(), Name = "gpu01-4711", Version = "test" };
        await Services.GetRequiredService<RunnerRegistry>().SeenAsync(runner, CancellationToken.None);
        return await Queue.ClaimAsync(runner.Id, runner.Name, "default", [kind], offered, CancellationToken.None) ?? throw new InvalidOperationException($"No {kind} job to claim.");
    }

    /// <summary>Name and reason of the Hangfire state that a job shows.</summary>
    public async Task<(string Name, string Reason)> ShownAsync(Guid job)
    {
        using Hangfire.Storage.IStorageConnection connection = Services.GetRequiredService<JobStorage>().GetConnection();
        Hangfire.Storage.StateData state = connection.GetStateData((await JobAsync(job)).MirrorId);
        return (state.Name, state.Reason ?? "");
    }

    public Task SyncAsync() => Services.GetRequiredService<MirrorSync>().SyncAsync(CancellationToken.None);

    public async Task<T> GetAsync<T>(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(path);
        response.EnsureSuccessStatusCode();
        return System.Text.Json.JsonSerializer.Deserialize<T>(await response.Content.ReadAsStringAsync(), ApiJson.Options)!;
    }

    public Task<HttpResponseMessage> SubmitByHttpAsync(string yaml, string file = "pair.yaml")
    {
        var content = new StringContent(yaml);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/yaml");
        content.Headers.Add("X-Ddpm-User", "grace");
        return Client.PostAsync($"/api/v1/sweeps?file={file}", content);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
