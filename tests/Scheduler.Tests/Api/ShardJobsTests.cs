using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Tests.Api;

/// <summary>Evaluations in parts, as API, dashboard and mirrors show them.</summary>
public sealed class ShardJobsTests
{
    private static readonly AttemptEnding Succeeded = new AttemptEnding.Succeeded();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Show_RunInShards_ListsThemInOrderBeforeTheJobThatPutsThemTogether()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitInShardsAsync(3);

        SweepDetail sweep = await host.GetAsync<SweepDetail>("/api/v1/sweeps/pair");

        Assert.Equal(12, sweep.Summary.Jobs.Values.Sum());
        foreach (RunDetail run in sweep.Runs)
        {
            Assert.Equal([("train", null), ("evaluate", 0), ("evaluate", 1), ("evaluate", 2), ("evaluate", null), ("sample", null)], run.Jobs.Select(j => (j.Kind, j.Shard)));
            Assert.Equal(["train", "evaluate 1 of 3", "evaluate 2 of 3", "evaluate 3 of 3", "evaluate", "sample"], run.Jobs.Select(run.NameOf));
            Assert.Equal(run.Jobs[4], run.JobOf("evaluate"));
            Assert.Equal("", run.ShardsDone());
        }

        JsonNode job = JsonNode.Parse(await host.Client.GetStringAsync($"/api/v1/jobs/{sweep.Runs[1].Jobs[2].Id}", Cancel))!["job"]!;
        Assert.Equal(("evaluate", 1), ((string?)job["kind"], (int?)job["shard"]));
    }

    [Fact]
    public async Task Pages_ShardsUnderWay_SayHowManyAreDoneAndWhichFailed()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitInShardsAsync(3);
        Guid run = (await EndAsync(host, await host.ClaimAsync(JobKind.Train), Succeeded)).RunId;
        await EndAsync(host, await host.ClaimAsync(JobKind.Evaluate), Succeeded);
        string page = await host.Client.GetStringAsync($"/hangfire/sweeps/{sweep}", Cancel);
        Assert.Contains("blocked</span></span> <small>(1 of 3 shards done)</small>", page, StringComparison.Ordinal);

        Lease second = await host.ClaimAsync(JobKind.Evaluate);
        await host.Queue.NoteAsync(second, "it was noted", Cancel);
        await EndAsync(host, second, new AttemptEnding.Failed("no room left", "stack", Retryable: false));
        page = await host.Client.GetStringAsync($"/hangfire/sweeps/{sweep}", Cancel);
        Assert.Contains("skipped</span></span> <small>(1 of 3 shards done, 1 failed)</small>", page, StringComparison.Ordinal);
        Assert.Contains("<td>evaluate 2 of 3</td>", await host.Client.GetStringAsync("/hangfire/failed-jobs", Cancel), StringComparison.Ordinal);
        page = await host.Client.GetStringAsync($"/hangfire/runs/{run}", Cancel);
        Assert.Contains("<h3>evaluate 3 of 3 ", page, StringComparison.Ordinal);
        Assert.Contains("Try evaluate 2 of 3 again?", page, StringComparison.Ordinal);
        Assert.Contains("evaluation of shard 2, attempt 1: it was noted", page, StringComparison.Ordinal);
        Assert.Contains("evaluate job of shard 2 ended as failed", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mirrors_OfShards_SayWhichTheyAreAndHowManyAreWaitedFor()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitInShardsAsync(2);
        await host.SyncAsync();
        List<Job> jobs = [.. (await host.JobsAsync(sweep)).Where(j => j.Kind == JobKind.Evaluate && j.Ordinal == 0)];
        Assert.Equal(["evaluate · pair · schedule=linear", "evaluate 1 of 2 · pair · schedule=linear", "evaluate 2 of 2 · pair · schedule=linear"], jobs.OrderBy(j => j.Shard ?? -1).Select(j => NameOf(host, j)));

        Job whole = jobs.Single(j => j.Shard is null);
        Assert.Equal(("Blocked", "Waits for 2 job(s)."), await host.ShownAsync(whole.Id));
        await EndAsync(host, await host.ClaimAsync(JobKind.Train), Succeeded);
        await EndAsync(host, await host.ClaimAsync(JobKind.Evaluate), Succeeded);
        await host.SyncAsync();
        Assert.Equal(("Blocked", "Waits for 1 job(s)."), await host.ShownAsync(whole.Id));
        Assert.Equal("Succeeded", (await host.ShownAsync(jobs.Single(j => j.Shard == 0).Id)).Name);
    }

    [Fact]
    public async Task CancelAndRetry_SweepInShards_ThereAndBack()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitInShardsAsync(3);
        JobRequests requests = host.Services.GetRequiredService<JobRequests>();

        Assert.Equal(12, await requests.CancelSweepAsync(sweep, "ada", Cancel));
        Assert.All(await host.JobsAsync(sweep), j => Assert.Equal(JobState.Cancelled, j.State));
        await requests.RetrySweepAsync(sweep, "ada", Cancel);
        Assert.All(await host.JobsAsync(sweep), j => Assert.Equal(j.Kind == JobKind.Train ? JobState.Ready : JobState.Blocked, j.State));

        // Shards that failed one by one are all brought back.
        await EndAsync(host, await host.ClaimAsync(JobKind.Train), Succeeded);
        await EndAsync(host, await host.ClaimAsync(JobKind.Evaluate), new AttemptEnding.Failed("bad", "stack", Retryable: false));
        await EndAsync(host, await host.ClaimAsync(JobKind.Evaluate), Succeeded);
        await EndAsync(host, await host.ClaimAsync(JobKind.Evaluate), new AttemptEnding.Failed("bad", "stack", Retryable: false));
        Assert.Equal(2, await requests.RetrySweepAsync(sweep, "ada", Cancel));
        Assert.Equal(["Blocked", "Ready", "Ready", "Succeeded"], (await host.JobsAsync(sweep)).Where(j => j.Kind == JobKind.Evaluate && j.Ordinal == 0).Select(j => j.State.ToString()).Order());
    }

    [Fact]
    public async Task Show_FilesOfShards_UntilTheyArePutTogether()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitInShardsAsync(2);
        await EndAsync(host, await host.ClaimAsync(JobKind.Train), Succeeded);
        ArtifactStore artifacts = host.Services.GetRequiredService<ArtifactStore>();
        string file = Path.Combine(Directory.CreateTempSubdirectory("ddpm-shard-").FullName, "shard.safetensors");
        await File.WriteAllTextAsync(file, "sums", Cancel);
        for (int i = 0; i < 2; i++)
        {
            Lease shard = await host.ClaimAsync(JobKind.Evaluate);
            await artifacts.AddAsync(shard, file, ArtifactStore.ShardKind, null, [], Cancel);
            await EndAsync(host, shard, Succeeded);
        }

        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        Lease whole = await host.ClaimAsync(JobKind.Evaluate);
        Assert.Equal(["evaluation_shard", "evaluation_shard"], (await host.GetAsync<RunDetail>($"/api/v1/runs/{whole.RunId}")).Artifacts.Select(a => a.Kind));
        await artifacts.DropShardsAsync(whole, Cancel);
        Assert.Empty((await host.GetAsync<RunDetail>($"/api/v1/runs/{whole.RunId}")).Artifacts);
    }

    [Fact]
    public async Task Pages_DoubtfulValuesOfTwoProtocols_SayWhyAndWhatDiffers()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();
        MetricValue[] values =
        [
            new() { Name = "fid", Value = 40, Unit = "", Protocol = new JsonObject { ["samples"] = 1000, ["sampler"] = new JsonObject { ["kind"] = "ddim", ["steps"] = 20 } }, Warnings = ["1000 < 10000 images: the value is too large"] },
            new() { Name = "fid", Value = 30, Unit = "", Protocol = new JsonObject { ["samples"] = 1000, ["sampler"] = new JsonObject { ["kind"] = "ddim", ["steps"] = 50 } } },
        ];
        Guid run = Guid.Empty;
        foreach (MetricValue value in values)
        {
            await EndAsync(host, await host.ClaimAsync(JobKind.Train), Succeeded);
            Lease lease = await host.ClaimAsync(JobKind.Evaluate);
            await host.Services.GetRequiredService<EvaluationStore>().AddAsync(lease, value, "sha", Cancel);
            await EndAsync(host, lease, Succeeded);
            run = run == Guid.Empty ? lease.RunId : run;
        }

        Assert.Contains("warning: 1000 &lt; 10000 images: the value is too large", await host.Client.GetStringAsync($"/hangfire/runs/{run}", Cancel), StringComparison.Ordinal);
        string page = await host.Client.GetStringAsync($"/hangfire/sweeps/{sweep}", Cancel);
        Assert.Contains("title='1000 &lt; 10000 images: the value is too large'>!</span>", page, StringComparison.Ordinal);
        string[] digests = [.. values.Select(value => value.ProtocolDigest).Order(StringComparer.Ordinal)];
        Assert.Contains($"fid: protocols {digests[0]} and {digests[1]} differ in sampler.steps", page, StringComparison.Ordinal);
        Assert.Equal(["1000 < 10000 images: the value is too large"], (await host.GetAsync<RunDetail>($"/api/v1/runs/{run}")).Evaluations.Single().Warnings);
    }

    private static async Task<Lease> EndAsync(SchedulerHost host, Lease lease, AttemptEnding ending)
    {
        await host.Queue.EndAsync(lease, ending, Cancel);
        return lease;
    }

    private static string NameOf(SchedulerHost host, Job job)
    {
        using IStorageConnection connection = host.Services.GetRequiredService<JobStorage>().GetConnection();
        IReadOnlyList<object> arguments = connection.GetJobData(job.MirrorId).Job.Args;
        return string.Join(" · ", arguments.Skip(1));
    }
}
