using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Sweeps;

public abstract class SweepStoreSuite(bool postgres) : StoreSuite(postgres)
{
    [Fact]
    public async Task Submit_SameSweepManyTimesAtOnce_IsStoredOnce()
    {
        await using Store store = await CreateAsync();
        Guid[] ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.SubmitAsync("once", runs: 3)));
        Assert.Single(ids.Distinct());
        Assert.Equal(9, (await store.JobsAsync()).Count);
    }

    [Fact]
    public async Task Submit_Again_ReturnsTheReadyJobs()
    {
        await using Store store = await CreateAsync();
        var draft = new SweepDraft("s", "h", "yaml", "default", "alice", [new RunDraft("r", "{}", new RunSpec { Data = new Optdigits() })]);
        (Guid first, bool created, IReadOnlyList<JobOffer> ready) = await store.Sweeps.SubmitAsync(draft, """{"version":"1"}""", Cancel);
        (Guid second, bool again, IReadOnlyList<JobOffer> still) = await store.Sweeps.SubmitAsync(draft, "{}", Cancel);
        Assert.Equal((first, true, false), (second, created, again));
        Assert.Equal(ready, still);
        Assert.Equal(JobKind.Train, Assert.Single(ready).Kind);
    }

    [Fact]
    public async Task Submit_RunSpec_ComesBackWithTheSameHash()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("spec");
        await using TrackingDb db = await store.DbAsync();
        Run run = await db.Runs.SingleAsync(Cancel);
        RunSpec spec = SpecJson.ReadText<RunSpec>(run.Spec); // jsonb reorders the members
        Assert.Equal(run.SpecHash, SpecJson.Hash(spec));
    }

    [Fact]
    public async Task Submit_NothingToEvaluateOrSample_HasTrainOnly()
    {
        await using Store store = await CreateAsync();
        var spec = new RunSpec { Data = new Optdigits(), Evaluation = new EvaluationSpec { Metrics = [] }, Sampling = new SamplingSpec { Count = 0 } };
        await store.Sweeps.SubmitAsync(new SweepDraft("s", "h", "", "default", "alice", [new RunDraft("r", "{}", spec)]), "{}", Cancel);
        Assert.Equal(JobKind.Train, Assert.Single(await store.JobsAsync()).Kind);
    }

    private static SweepDraft Adopting(string name, string sha256) => new(name, "hash of " + name, "", "default", "alice", [new RunDraft("r", "{}", new RunSpec { Data = new Optdigits() })
    {
        Checkpoint = new AdoptedCheckpoint(sha256, 7, new Dictionary<string, string> { ["imported_sha256"] = "feed", ["imported_from"] = "diffusers" }),
    }]);

    [Fact]
    public async Task Submit_WithACheckpoint_TheRunBeginsWithItAndSaysSo()
    {
        await using Store store = await CreateAsync();
        string sha256 = await store.Artifacts.KeepAsync(new MemoryStream([1, 2, 3]), Cancel);
        SweepDraft draft = Adopting("adopts", sha256);
        (Guid id, bool created, _) = await store.Sweeps.SubmitAsync(draft, """{"version":"1"}""", Cancel);
        Assert.True(created);
        await using (TrackingDb db = await store.DbAsync())
        {
            Run run = await db.Runs.SingleAsync(Cancel);
            Artifact checkpoint = (await store.Artifacts.LatestCheckpointAsync(run.Id, Cancel))!;
            Assert.Equal((sha256, 7L, null, null), (checkpoint.Sha256, checkpoint.Step, checkpoint.JobId, checkpoint.Fence));
            JsonNode provenance = JsonNode.Parse(run.Provenance)!;
            Assert.Equal(("1", sha256, "feed", 7), ((string?)provenance["version"], (string?)provenance["began_with"]!["sha256"], (string?)provenance["began_with"]!["imported_sha256"], (int?)provenance["began_with"]!["step"]));

            // It is in use now, however old.
            await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddDays(-1)), Cancel);
            Assert.Equal(0, await store.Artifacts.CollectGarbageAsync(Cancel));
        }

        (Guid again, bool anew, _) = await store.Sweeps.SubmitAsync(draft, "{}", Cancel);
        Assert.Equal((id, false), (again, anew));
        Assert.Single(await store.QueryAsync("select 1 from artifact"));
    }

    [Fact]
    public async Task Submit_WithACheckpointThatIsNotThere_WritesNothing()
    {
        await using Store store = await CreateAsync();
        CheckpointNotAdoptedException error = await Assert.ThrowsAsync<CheckpointNotAdoptedException>(() => store.Sweeps.SubmitAsync(Adopting("adopts", new string('0', 64)), "{}", Cancel));
        Assert.Contains("upload it again", error.Message);
        Assert.Empty(await store.JobsAsync());
    }

    [Fact]
    public async Task Submit_CheckpointForASweepThatBeganWithout_IsRefused()
    {
        await using Store store = await CreateAsync();
        string sha256 = await store.Artifacts.KeepAsync(new MemoryStream([1, 2, 3]), Cancel);
        SweepDraft draft = Adopting("plain", sha256);
        await store.Sweeps.SubmitAsync(draft with { Runs = [draft.Runs[0] with { Checkpoint = null }] }, "{}", Cancel);
        CheckpointNotAdoptedException error = await Assert.ThrowsAsync<CheckpointNotAdoptedException>(() => store.Sweeps.SubmitAsync(draft, "{}", Cancel));
        Assert.Contains($"its run 0 did not begin with the checkpoint {sha256[..12]}; give the sweep another name", error.Message);
        Assert.Empty(await store.QueryAsync("select 1 from artifact"));
    }

    [Fact]
    public async Task Keep_ContentThatNothingRefersTo_IsCollectedAfterAnHour()
    {
        await using Store store = await CreateAsync();
        string sha256 = await store.Artifacts.KeepAsync(new MemoryStream([1, 2, 3]), Cancel);
        Assert.Equal(0, await store.Artifacts.CollectGarbageAsync(Cancel));
        await using TrackingDb db = await store.DbAsync();
        await db.ArtifactBlobs.ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, blob => blob.CreatedAt.AddHours(-2)), Cancel);
        Assert.Equal(1, await store.Artifacts.CollectGarbageAsync(Cancel));
        Assert.Throws<FileNotFoundException>(() => store.Artifacts.PathOf(sha256));
    }
}

public class SqliteSweepStoreTests() : SweepStoreSuite(postgres: false);

public class PostgresSweepStoreTests() : SweepStoreSuite(postgres: true);
