using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
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
}

public class SqliteSweepStoreTests() : SweepStoreSuite(postgres: false);

public class PostgresSweepStoreTests() : SweepStoreSuite(postgres: true);
