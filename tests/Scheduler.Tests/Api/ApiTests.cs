using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Scheduler.Tests.Api;

public sealed class ApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Submit_NewAndAgain_IsCreatedOnceAndFoundThen()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();

        using HttpResponseMessage first = await host.SubmitByHttpAsync(SchedulerHost.Yaml("pair"));
        using HttpResponseMessage again = await host.SubmitByHttpAsync(SchedulerHost.Yaml("pair"));

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        JsonNode reply = JsonNode.Parse(await first.Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal(2, (int)reply["runs"]!);
        Assert.Equal(6, (int)reply["jobs"]!);
        Assert.Equal((string?)reply["sweep_id"], (string?)JsonNode.Parse(await again.Content.ReadAsStringAsync(Cancel))!["sweep_id"]);
        SweepSummary summary = Assert.Single(await host.GetAsync<List<SweepSummary>>("/api/v1/sweeps"));
        Assert.Equal(("pair", "grace", "running"), (summary.Name, summary.SubmittedBy, summary.State));
    }

    [Fact]
    public async Task Submit_ScheduleThatEndsFarFromNoise_IsTakenWithAWarningOfItsRun()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();

        using HttpResponseMessage response = await host.SubmitByHttpAsync(SchedulerHost.Yaml("pair").Replace("grid:\n", "  process: { timesteps: 100 }\ngrid:\n", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        JsonNode warning = Assert.Single(JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!["warnings"]!.AsArray())!;
        Assert.Equal((0, "schedule=linear", "process.schedule"), ((int)warning["index"]!, (string?)warning["run"], (string?)warning["path"]));
        Assert.Contains("0.33 bits/dim", (string?)warning["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_WrongFile_IsOneSentenceWithItsPlaceAndWritesNothing()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();

        using HttpResponseMessage response = await host.SubmitByHttpAsync("name: x\nrun:\n  dta: optdigits\n", "my.yaml");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonNode problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
        Assert.StartsWith("my.yaml:3:", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal(3, (int)problem["line"]!);
        Assert.Empty(await host.GetAsync<List<SweepSummary>>("/api/v1/sweeps"));
    }

    [Fact]
    public async Task Submit_WithAnUploadedCheckpoint_GivesItToTheRunOfItsSpec()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        RunSpec spec = SweepFile.Parse(SchedulerHost.Yaml("pair"), "pair.yaml", "grace").Runs[1].Spec;
        string sha256 = await UploadAsync(host, Header(spec));

        using HttpResponseMessage submitted = await host.SubmitByHttpAsync(SchedulerHost.Yaml("pair"), $"pair.yaml&checkpoint={sha256}");
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        SweepDetail sweep = await host.GetAsync<SweepDetail>("/api/v1/sweeps/pair");
        Assert.Empty(sweep.Runs[0].Artifacts);
        ArtifactView checkpoint = Assert.Single(sweep.Runs[1].Artifacts);
        Assert.Equal(("checkpoint", sha256, 4L), (checkpoint.Kind, checkpoint.Sha256, checkpoint.Step));
        RunDetail run = await host.GetAsync<RunDetail>($"/api/v1/runs/{sweep.Runs[1].Id}");
        Assert.Equal(("DdpmJobs", sha256, "weights.pth"), (
            (string?)run.Provenance!["program"], (string?)run.Provenance["began_with"]!["sha256"], (string?)run.Provenance["began_with"]!["imported_file"]));

        // Another sweep has no such run, and one that began without keeps what it is.
        using HttpResponseMessage other = await host.SubmitByHttpAsync(SchedulerHost.Yaml("other").Replace("optdigits", "mnist", StringComparison.Ordinal), $"other.yaml&checkpoint={sha256}");
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
        Assert.Contains("belongs to no run of the sweep other", (string?)JsonNode.Parse(await other.Content.ReadAsStringAsync(Cancel))!["detail"]);
        using (HttpResponseMessage plain = await host.SubmitByHttpAsync(SchedulerHost.Yaml("plain")))
        using (HttpResponseMessage late = await host.SubmitByHttpAsync(SchedulerHost.Yaml("plain"), $"plain.yaml&checkpoint={sha256}"))
        {
            Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Conflict), (plain.StatusCode, late.StatusCode));
        }

        using HttpResponseMessage unknown = await host.SubmitByHttpAsync(SchedulerHost.Yaml("third"), "third.yaml&checkpoint=../../etc/passwd");
        Assert.Equal(HttpStatusCode.Conflict, unknown.StatusCode);
    }

    [Fact]
    public async Task Upload_WhatIsNoCheckpoint_IsRefused()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        using ByteArrayContent nonsense = new([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        using HttpResponseMessage refused = await host.Client.PostAsync("/api/v1/checkpoints", nonsense, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.StartsWith("the upload cannot be used", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel))!["detail"], StringComparison.Ordinal);
    }

    // A checkpoint of no tensors: what a scheduler looks at is the header.
    private static byte[] Header(RunSpec spec)
    {
        string file = Path.GetTempFileName();
        Safetensors.Write(file, new Dictionary<string, string>
        {
            ["format"] = "ddpmjobs.checkpoint/1", ["spec"] = SpecJson.Canonical(spec), ["spec_hash"] = SpecJson.Hash(spec), ["step"] = "4", ["images_seen"] = "16", ["imported_file"] = "weights.pth",
        }, []);
        byte[] bytes = File.ReadAllBytes(file);
        File.Delete(file);
        return bytes;
    }

    private static async Task<string> UploadAsync(SchedulerHost host, byte[] bytes)
    {
        using ByteArrayContent content = new(bytes);
        using HttpResponseMessage uploaded = await host.Client.PostAsync("/api/v1/checkpoints", content, Cancel);
        Assert.Equal(HttpStatusCode.OK, uploaded.StatusCode);
        JsonNode reply = JsonNode.Parse(await uploaded.Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal(4, (int?)reply["step"]);
        return (string)reply["sha256"]!;
    }

    [Fact]
    public async Task Show_ByIdBeginningOrName_FindsTheSweep()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid id = await host.SubmitAsync("digits");

        foreach (string text in new[] { id.ToString(), id.ToString()[..10], "digits" })
        {
            Assert.Equal(id, (await host.GetAsync<SweepDetail>($"/api/v1/sweeps/{text}")).Summary.Id);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync($"/api/v1/sweeps/{id.ToString()[..5]}", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Show_AmbiguousBeginning_AsksForMoreDigits()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid one = await host.SubmitAsync("one");
        Guid two = await host.SubmitAsync("two");

        // UUIDv7 of the same moment share their first digits.
        string common = new([.. one.ToString("N").Zip(two.ToString("N")).TakeWhile(p => p.First == p.Second).Select(p => p.First)]);
        using HttpResponseMessage response = await host.Client.GetAsync($"/api/v1/sweeps/{common}", Cancel);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("give more digits", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WithNaN_TravelAsNamesAndAsCsv()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        DateTime at = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await host.Services.GetRequiredService<MetricStore>().AppendAsync(lease, [new MetricBatch("train/loss", 0, [0, 1], [0.5, double.NaN], [at, at])], Cancel);

        Assert.Equal(["train/loss"], await host.GetAsync<List<string>>($"/api/v1/runs/{lease.RunId}/metrics"));
        List<PointView> points = await host.GetAsync<List<PointView>>($"/api/v1/runs/{lease.RunId}/metrics/train/loss");
        Assert.Equal([0.5, double.NaN], points.Select(p => p.Value));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{lease.RunId}/metrics/train/loss");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using HttpResponseMessage csv = await host.Client.SendAsync(request, Cancel);
        Assert.Equal("step,value\n0,0.5\n1,NaN\n", await csv.Content.ReadAsStringAsync(Cancel));
        RunDetail run = await host.GetAsync<RunDetail>($"/api/v1/runs/{lease.RunId}");
        Assert.True(double.IsNaN(run.Last["train/loss"].Value));
        Assert.NotNull(run.Spec);
    }

    [Fact]
    public async Task CancelAndRetry_Sweep_ThereAndBack()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();

        using HttpResponseMessage cancelled = await host.Client.PostAsync($"/api/v1/sweeps/{sweep}/cancel", null, Cancel);
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        Assert.Equal("cancelled", (await host.GetAsync<SweepDetail>($"/api/v1/sweeps/{sweep}")).Summary.State);

        using HttpResponseMessage retried = await host.Client.PostAsync($"/api/v1/sweeps/{sweep}/retry", null, Cancel);
        Assert.Equal(HttpStatusCode.OK, retried.StatusCode);
        SweepSummary after = (await host.GetAsync<SweepDetail>($"/api/v1/sweeps/{sweep}")).Summary;
        Assert.Equal("running", after.State);
        Assert.Equal(2, after.Jobs["ready"]);
        Assert.Equal(4, after.Jobs["blocked"]);
    }

    [Fact]
    public async Task RetryJob_Running_IsAConflictWithTheReason()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);

        using HttpResponseMessage response = await host.Client.PostAsync($"/api/v1/jobs/{lease.JobId}/retry", null, Cancel);

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        JobDetail job = await host.GetAsync<JobDetail>($"/api/v1/jobs/{lease.JobId}");
        Assert.Equal(("running", "gpu01-4711"), (job.Job.State, job.Job.Runner));
        Assert.Equal("gpu01-4711", Assert.Single(job.Attempts).Runner);
        Assert.Equal("running", job.Events[^1].ToState);
    }

    [Fact]
    public async Task Artifact_Content_HasTheHashAsETag()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "weights", Cancel);
        Artifact artifact = await host.Services.GetRequiredService<ArtifactStore>().AddAsync(lease, file, "checkpoint", 4, [], Cancel);
        File.Delete(file);

        using HttpResponseMessage response = await host.Client.GetAsync($"/api/v1/artifacts/{artifact.Id}", Cancel);
        Assert.Equal("weights", await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);

        using var again = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/artifacts/{artifact.Id}");
        again.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{artifact.Sha256}\""));
        Assert.Equal(HttpStatusCode.NotModified, (await host.Client.SendAsync(again, Cancel)).StatusCode);
    }

    [Fact]
    public async Task OpenApi_Document_NamesEveryRoute()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();

        JsonObject paths = (JsonObject)JsonNode.Parse(await host.Client.GetStringAsync("/openapi/v1.json", Cancel))!["paths"]!;

        string[] expected =
        [
            "/api/v1/sweeps", "/api/v1/sweeps/{id}", "/api/v1/sweeps/{id}/cancel", "/api/v1/sweeps/{id}/retry", "/api/v1/runs/{id}", "/api/v1/runs/{id}/metrics",
            "/api/v1/jobs/{id}", "/api/v1/jobs/{id}/cancel", "/api/v1/jobs/{id}/retry", "/api/v1/runners", "/api/v1/artifacts/{id}", "/health",
        ];
        Assert.All(expected, path => Assert.True(paths.ContainsKey(path), path));
    }

    [Fact]
    public async Task Health_StoreIsThere_IsOk()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();

        Assert.Equal("ok", (await host.GetAsync<HealthView>("/health")).Status);
    }
}
