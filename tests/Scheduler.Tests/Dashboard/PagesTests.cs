using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Training;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Scheduler.Tests.Dashboard;

public sealed class PagesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_WithARunningSweep_ShowWhatGoesOn()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync(user: "<script>alert(1)</script>");
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.HeartbeatAsync(lease, new JobProgress(1, 4, "steps"), Cancel);
        DateTime at = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await host.Services.GetRequiredService<MetricStore>().AppendAsync(lease, [new MetricBatch("train/loss", 0, [0, 1], [0.75, 0.5], [at, at])], Cancel);

        string sweeps = await host.Client.GetStringAsync("/hangfire/sweeps", Cancel);
        string page = await host.Client.GetStringAsync($"/hangfire/sweeps/{sweep}", Cancel);
        string run = await host.Client.GetStringAsync($"/hangfire/runs/{lease.RunId}", Cancel);
        string runners = await host.Client.GetStringAsync("/hangfire/runners", Cancel);

        Assert.DoesNotContain("<script>alert", sweeps + page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)", sweeps, StringComparison.Ordinal);
        Assert.Contains("schedule=cosine", page, StringComparison.Ordinal);
        Assert.Contains("1 / 4 steps", page, StringComparison.Ordinal);
        Assert.Contains("0.50000", page, StringComparison.Ordinal);
        Assert.Contains("<svg", run, StringComparison.Ordinal);
        Assert.Contains("gpu01-4711", run, StringComparison.Ordinal);
        Assert.Contains("gpu01-4711", runners, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunPage_AttemptThatWentOnElsewhere_SaysThatItsBitsMayDiffer()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        await host.Queue.EndAsync(await host.ClaimAsync(JobKind.Train), new AttemptEnding.HandedBack("test"), Cancel);
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.StartedAsync(lease, 40, """{ "threads": 2, "resumed_from": { "step": 40, "exact": false, "reason": "on 2 threads instead of 1" } }""", Cancel);

        const string Note = "attempt 2 went on from step 40 on 2 threads instead of 1: equal within rounding to a training that was never stopped, not bit for bit";
        Assert.Contains(Note, await host.Client.GetStringAsync($"/hangfire/runs/{lease.RunId}", Cancel), StringComparison.Ordinal);
        RunDetail run = await host.GetAsync<RunDetail>($"/api/v1/runs/{lease.RunId}");
        Assert.Equal([Note], run.Notes);
    }

    [Theory]
    [InlineData("""{ "step": 40, "exact": true, "reason": null }""", null)]
    [InlineData("""{ "step": 40, "exact": null, "reason": "of a checkpoint that does not say what it was made on" }""",
        "attempt 1 went on from step 40 of a checkpoint that does not say what it was made on: whether bit for bit as if never stopped is not known")]
    public async Task Notes_ExactOrUnknown_IsNoneOrSaysSo(string resumed, string? note)
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.StartedAsync(lease, 40, $$"""{ "resumed_from": {{resumed}} }""", Cancel);
        Assert.Equal(note is null ? [] : [note], (await host.GetAsync<RunDetail>($"/api/v1/runs/{lease.RunId}")).Notes);
    }

    [Fact]
    public async Task RunPage_AfterAnEvaluationOfTheBound_ShowsRateAndDistortion()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease train = await host.ClaimAsync(JobKind.Train);
        await host.Queue.EndAsync(train, new AttemptEnding.Succeeded(), Cancel);
        Assert.DoesNotContain("Rate and distortion", await host.Client.GetStringAsync($"/hangfire/runs/{train.RunId}", Cancel), StringComparison.Ordinal);

        Lease lease = await host.ClaimAsync(JobKind.Evaluate);
        MetricValue measured = new()
        {
            Name = "nll", Value = 3.5, Unit = "bits/dim", Protocol = new JsonObject { ["timesteps"] = 2, ["levels"] = 17 },
            Parts = new Dictionary<string, double> { ["decoder_bits_per_dim"] = 0.5, ["monte_carlo_standard_error_bits_per_dim"] = 0.0625 },
        };
        await host.Services.GetRequiredService<EvaluationStore>().AddAsync(lease, measured, "sha", Cancel);
        DateTime at = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await host.Services.GetRequiredService<MetricStore>().AppendAsync(
            lease,
            [
                new MetricBatch("nll/rate_bits_per_dim_at_t", 0, [0, 1], [3, 0.25], [at, at]),
                new MetricBatch("nll/distortion_rmse255_at_t", 0, [0, 1], [12.75, 127.5], [at, at]),
            ],
            Cancel);
        string page = await host.Client.GetStringAsync($"/hangfire/runs/{lease.RunId}", Cancel);

        Assert.Contains("lossless 3.5000 bits/dim = rate 3.0000 + L_0 0.5000", page, StringComparison.Ordinal);
        Assert.Contains("<tr><td>2</td><td>0</td><td>3.00000</td><td>12.75000</td><td>0.80000</td></tr><tr><td>1</td><td>1</td>", page, StringComparison.Ordinal);
        Assert.Contains("aria-label='distortion by step'", page, StringComparison.Ordinal);
        Assert.Contains("monte_carlo_standard_error_bits_per_dim 0.0625", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunPage_SelectedCheckpointNoteAndValidation_AreShown()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.NoteAsync(lease, "the checkpoint of step 9 is missing or damaged; training goes on from step 4", Cancel);
        MetricProtocol protocol = MetricProtocol.Of(new MetricValue { Name = "nll", Value = 3, Unit = "bits/dim", Protocol = new JsonObject { ["split"] = "test" } });
        DateTime at = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await host.Services.GetRequiredService<MetricStore>().AppendAsync(lease, [new MetricBatch("validation/nll", 0, [4], [3.5], [at], protocol)], Cancel);
        string file = Path.Combine(Directory.CreateTempSubdirectory("ddpm-page-").FullName, "step-00000004.safetensors");
        await File.WriteAllTextAsync(file, "weights", Cancel);
        SavedCheckpoint saved = new(file, 4) { IsKept = true, BestOf = [new CheckpointSelection("nll", 3.5, "bits/dim", true, 4, protocol.Digest)] };
        await host.Services.GetRequiredService<ArtifactStore>().AddCheckpointAsync(lease, saved, [], Cancel);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        await host.Queue.EndAsync(lease, new AttemptEnding.Succeeded("stopped early at step 4: validation/nll has not improved", new JobProgress(4, 4, "steps")), Cancel);

        string page = await host.Client.GetStringAsync($"/hangfire/runs/{lease.RunId}", Cancel);

        Assert.Contains("attempt 1: the checkpoint of step 9 is missing or damaged; training goes on from step 4", page, StringComparison.Ordinal);
        Assert.Contains("attempt 1: stopped early at step 4: validation/nll has not improved", page, StringComparison.Ordinal);
        Assert.Contains("<td>checkpoint_kept</td>", page, StringComparison.Ordinal);
        Assert.Contains($"<td>selected by validation/nll 3.5 bits/dim at step 4, protocol {protocol.Digest}</td>", page, StringComparison.Ordinal);
        Assert.Contains($"<tr><td>validation/nll</td><td>4</td><td>3.5</td><td><code>{protocol.Digest}</code></td></tr>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunPage_OfADivergedRun_SaysWhyAndShowsTheLossByT()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        DateTime at = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        MetricBatch Batch(string name, params double[] values) => new(name, 0, [.. values.Select((_, i) => (long)i)], values, [.. values.Select(_ => at)]);
        await host.Services.GetRequiredService<MetricStore>().AppendAsync(
            lease, [Batch("train/loss", 1, 0.5, double.NaN), Batch("train/loss_q0", 1, 0.5), Batch("train/loss_q3", 2, double.NaN), Batch("train/loss_t00", 1), Batch("train/loss_t19", 0.25)], Cancel);
        await host.Queue.EndAsync(lease, new AttemptEnding.Diverged("Training diverged at step 2.", "{\n  \"images\": [4711]\n}"), Cancel);

        string page = await host.Client.GetStringAsync($"/hangfire/runs/{lease.RunId}", Cancel);

        Assert.Contains("<div class='alert alert-info'>Training diverged at step 2.</div>", page, StringComparison.Ordinal);
        Assert.Contains("[4711]", page, StringComparison.Ordinal);
        Assert.Contains("aria-label='loss by step'", page, StringComparison.Ordinal);
        Assert.Contains("aria-label='loss by quarter of t by step'", page, StringComparison.Ordinal);
        Assert.Contains("aria-label='newest loss by t'", page, StringComparison.Ordinal);
        Assert.Contains("t = 0 to 249", page, StringComparison.Ordinal);
        Assert.Contains("t = 750 to 999", page, StringComparison.Ordinal);
        Assert.DoesNotContain("t = 250 to 499", page, StringComparison.Ordinal);
        Assert.Contains("<td>train/loss_q0</td>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<td>train/loss_t00</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedJobs_AfterAFailure_NamesItsError()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.EndAsync(lease, new AttemptEnding.Failed("device is on fire", "at Somewhere()", false), Cancel);

        Assert.Contains("device is on fire", await host.Client.GetStringAsync("/hangfire/failed-jobs", Cancel), StringComparison.Ordinal);
        Assert.Contains("at Somewhere()", await host.Client.GetStringAsync($"/hangfire/runs/{lease.RunId}", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_OfThePages_AreServed()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();

        string html = await host.Client.GetStringAsync("/hangfire/sweeps", Cancel);
        string script = System.Text.RegularExpressions.Regex.Match(html, "src=\"(/hangfire/js[^\"]*)\"").Groups[1].Value;

        Assert.Contains("ddpm-page", await host.Client.GetStringAsync(script, Cancel), StringComparison.Ordinal);
    }
}
