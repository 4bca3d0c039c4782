using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Jobs;

/// <summary>An evaluation in parts: shard jobs that wait for the training, and one job that waits for all of them.</summary>
public abstract class ShardJobSuite(bool postgres) : StoreSuite(postgres)
{
    [Fact]
    public async Task Submit_ThreeShards_TheJobThatPutsThemTogetherWaitsForAll()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("parts", shards: 3);

        List<Job> jobs = await store.JobsAsync();
        List<JobDependency> edges = await store.DependenciesAsync();
        Job train = jobs.Single(job => job.Kind == JobKind.Train);
        Job[] shards = [.. jobs.Where(job => job.Shard is not null)];
        Job evaluate = jobs.Single(job => job.Kind == JobKind.Evaluate && job.Shard is null);
        Assert.Equal(6, jobs.Count);
        Assert.Equal([0, 1, 2], shards.Select(job => job.Shard!.Value));
        Assert.All(shards, job => Assert.Equal((JobKind.Evaluate, JobState.Blocked, 1), (job.Kind, job.State, job.UnmetDependencies)));
        Assert.Equal((JobState.Blocked, 3), (evaluate.State, evaluate.UnmetDependencies));
        Assert.Equal(shards.Select(job => job.Id).Order(), edges.Where(edge => edge.JobId == evaluate.Id).Select(edge => edge.DependsOnId).Order());
        Assert.All(shards, job => Assert.Equal([train.Id], edges.Where(edge => edge.JobId == job.Id).Select(edge => edge.DependsOnId)));
    }

    [Fact]
    public async Task Claim_ShardsOfSeveralRuns_GoByRunAndShardAndTellItWithTheLease()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("order", runs: 2, shards: 7);
        Lease[] trains = [await store.MustClaimAsync(), await store.MustClaimAsync()];
        Assert.All(trains, lease => Assert.Null(lease.Shard));
        foreach (Lease train in trains)
            await store.Queue.EndAsync(train, new AttemptEnding.Succeeded(), Cancel);

        Lease[] leases = new Lease[14];
        for (int i = 0; i < leases.Length; i++)
            leases[i] = await store.MustClaimAsync("r", JobKind.Evaluate);

        Assert.Equal(Enumerable.Range(0, 14).Select(i => (i / 7 == 0 ? trains[0].RunId : trains[1].RunId, (int?)(i % 7))), leases.Select(lease => (lease.RunId, lease.Shard)));
        Assert.Null(await store.ClaimAsync("r", null, JobKind.Evaluate));
    }

    [Fact]
    public async Task End_LastShardSucceeded_OnlyThenTheEvaluationIsReady()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("last", shards: 3);
        Lease[] leases = await ShardsAsync(store, 3);

        Assert.Empty(await EndAsync(store, leases[2], new AttemptEnding.Succeeded()));
        Assert.Empty(await EndAsync(store, leases[0], new AttemptEnding.Succeeded()));
        Assert.Equal((JobState.Blocked, 1), await EvaluationAsync(store));
        JobOffer ready = Assert.Single(await EndAsync(store, leases[1], new AttemptEnding.Succeeded()));

        Lease evaluate = await store.MustClaimAsync("r", JobKind.Evaluate);
        Assert.Equal((ready.JobId, null), (evaluate.JobId, evaluate.Shard));
    }

    [Fact]
    public async Task Retry_OneFailedShard_TheEvaluationWaitsForItAndNothingElse()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("one", shards: 3);
        Lease[] leases = await ShardsAsync(store, 3);
        await EndAsync(store, leases[0], new AttemptEnding.Succeeded());
        await EndAsync(store, leases[1], Failed);
        Assert.Equal((JobState.Skipped, 2), await EvaluationAsync(store));

        // What the others do meanwhile counts, though the evaluation is skipped.
        Assert.Empty(await EndAsync(store, leases[2], new AttemptEnding.Succeeded()));
        Assert.Equal((JobState.Skipped, 1), await EvaluationAsync(store));
        RequestResult result = await store.Queue.RetryAsync(leases[1].JobId, "alice", Cancel);

        Assert.Equal((true, "The evaluate job of shard 2 is ready again."), (result.Accepted, result.Message));
        Assert.Equal((JobState.Blocked, 1), await EvaluationAsync(store));
        Lease again = await store.MustClaimAsync("r", JobKind.Evaluate);
        Assert.Equal((leases[1].JobId, 1, 2), (again.JobId, again.Shard, again.Fence));
        Assert.Single(await EndAsync(store, again, new AttemptEnding.Succeeded()));
        Assert.Equal((JobState.Ready, 0), await EvaluationAsync(store));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Retry_SeveralFailedShardsOneAfterTheOther_TheEvaluationComesBackWithTheLast(bool succeedsBetween)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("several", shards: 3);
        Lease[] leases = await ShardsAsync(store, 3);
        await EndAsync(store, leases[0], Failed);
        await EndAsync(store, leases[1], new AttemptEnding.Succeeded());
        await EndAsync(store, leases[2], Failed);
        Assert.Equal((JobState.Skipped, 2), await EvaluationAsync(store));

        // As long as one of them is lost, waiting would have no end.
        Assert.True((await store.Queue.RetryAsync(leases[0].JobId, "alice", Cancel)).Accepted);
        Assert.Equal((JobState.Skipped, 2), await EvaluationAsync(store));
        Lease first = await store.MustClaimAsync("r", JobKind.Evaluate);
        if (succeedsBetween)
            Assert.Empty(await EndAsync(store, first, new AttemptEnding.Succeeded()));

        Assert.True((await store.Queue.RetryAsync(leases[2].JobId, "alice", Cancel)).Accepted);
        Assert.Equal((JobState.Blocked, succeedsBetween ? 1 : 2), await EvaluationAsync(store));
        if (!succeedsBetween)
            Assert.Empty(await EndAsync(store, first, new AttemptEnding.Succeeded()));
        Assert.Single(await EndAsync(store, await store.MustClaimAsync("r", JobKind.Evaluate), new AttemptEnding.Succeeded()));
        Assert.Equal((JobState.Ready, 0), await EvaluationAsync(store));
    }

    [Fact]
    public async Task Retry_ShardThatFailsAgain_TheEvaluationIsSkippedAgain()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("again", shards: 2);
        Lease[] leases = await ShardsAsync(store, 2);
        await EndAsync(store, leases[0], Failed);
        await EndAsync(store, leases[1], new AttemptEnding.Succeeded());
        await store.Queue.RetryAsync(leases[0].JobId, "alice", Cancel);
        await EndAsync(store, await store.MustClaimAsync("r", JobKind.Evaluate), Failed);
        Assert.Equal((JobState.Skipped, 1), await EvaluationAsync(store));
    }

    [Fact]
    public async Task RequestStop_OneShard_SkipsTheEvaluationUntilItIsRetried()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("stop", shards: 2);
        Lease[] leases = await ShardsAsync(store, 1);
        Guid second = (await store.JobsAsync()).Single(job => job.Shard == 1).Id;

        RequestResult result = await store.Queue.RequestStopAsync(second, StopReason.Cancel, "alice", Cancel);
        Assert.Equal((true, "The evaluate job of shard 2 is cancelled."), (result.Accepted, result.Message));
        Assert.Equal((JobState.Skipped, 2), await EvaluationAsync(store));
        Assert.Empty(await EndAsync(store, leases[0], new AttemptEnding.Succeeded()));
        Assert.True((await store.Queue.RetryAsync(second, "alice", Cancel)).Accepted);
        Assert.Equal((JobState.Blocked, 1), await EvaluationAsync(store));
    }

    [Fact]
    public async Task Retry_CancelledEvaluation_IsRefusedOnlyWhileAShardIsLost()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("whole", shards: 2);
        Lease[] leases = await ShardsAsync(store, 2);
        Guid evaluate = (await store.JobsAsync()).Single(job => job.Kind == JobKind.Evaluate && job.Shard is null).Id;
        Assert.True((await store.Queue.RequestStopAsync(evaluate, StopReason.Cancel, "alice", Cancel)).Accepted);
        Assert.True((await store.Queue.RetryAsync(evaluate, "alice", Cancel)).Accepted);
        Assert.Equal((JobState.Blocked, 2), await EvaluationAsync(store));

        Assert.True((await store.Queue.RequestStopAsync(evaluate, StopReason.Cancel, "alice", Cancel)).Accepted);
        await EndAsync(store, leases[0], Failed);
        RequestResult refused = await store.Queue.RetryAsync(evaluate, "alice", Cancel);
        Assert.Equal((false, "The evaluate job needs a job that did not succeed; retry that one."), (refused.Accepted, refused.Message));
        Assert.True((await store.Queue.RetryAsync(leases[0].JobId, "alice", Cancel)).Accepted);
        Assert.Equal((JobState.Blocked, 2), await EvaluationAsync(store));
    }

    [Fact]
    public async Task Retry_FailedTraining_BringsBackShardsAndEvaluation()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("root", shards: 3);
        Lease train = await store.MustClaimAsync();
        await EndAsync(store, train, Failed);
        Assert.All((await store.JobsAsync()).Where(job => job.Id != train.JobId), job => Assert.Equal(JobState.Skipped, job.State));

        Assert.True((await store.Queue.RetryAsync(train.JobId, "alice", Cancel)).Accepted);

        Assert.All((await store.JobsAsync()).Where(job => job.Id != train.JobId), job => Assert.Equal(JobState.Blocked, job.State));
        Assert.Equal(4, (await EndAsync(store, await store.MustClaimAsync(), new AttemptEnding.Succeeded())).Count);
    }

    [Fact]
    public async Task End_AllShardsAtOnce_TheEvaluationIsReadyOnce()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("at once", shards: 7);
        Lease[] leases = await ShardsAsync(store, 7);
        IReadOnlyList<JobOffer>[] ready = await Task.WhenAll(leases.Select(lease => EndAsync(store, lease, new AttemptEnding.Succeeded())));
        Assert.Single(ready.SelectMany(offers => offers));
        Assert.Equal((JobState.Ready, 0), await EvaluationAsync(store));
    }

    [Fact]
    public async Task Retry_AllFailedShardsAtOnce_TheEvaluationWaitsAgain()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("all", shards: 5);
        Lease[] leases = await ShardsAsync(store, 5);
        await Task.WhenAll(leases.Select(lease => EndAsync(store, lease, Failed)));
        RequestResult[] results = await Task.WhenAll(leases.Select(lease => store.Queue.RetryAsync(lease.JobId, "alice", Cancel)));
        Assert.All(results, result => Assert.True(result.Accepted));
        Assert.Equal((JobState.Blocked, 5), await EvaluationAsync(store));
    }

    [Theory]
    [InlineData("shard = 0")] // there already
    [InlineData("shard = null")]
    [InlineData("shard = -1")]
    public async Task Database_SecondJobOfAShardOrNoShard_IsRefused(string illegal)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("unique", shards: 2);
        await using TrackingDb db = await store.DbAsync();
        string sql = $"update job set {illegal} where shard = 1";
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => db.Database.ExecuteSqlRawAsync(sql, Cancel));
    }

    private static AttemptEnding Failed => new AttemptEnding.Failed("bad", "stack", Retryable: false);

    // Trains, then claims so many shards.
    private static async Task<Lease[]> ShardsAsync(Store store, int count)
    {
        await EndAsync(store, await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded());
        var leases = new Lease[count];
        for (int i = 0; i < count; i++)
            leases[i] = await store.MustClaimAsync($"r{i}", JobKind.Evaluate);
        return leases;
    }

    private static async Task<IReadOnlyList<JobOffer>> EndAsync(Store store, Lease lease, AttemptEnding ending) => (await store.Queue.EndAsync(lease, ending, Cancel)).Ready;

    private static async Task<(JobState State, int Unmet)> EvaluationAsync(Store store)
    {
        Job evaluate = (await store.JobsAsync()).Single(job => job.Kind == JobKind.Evaluate && job.Shard is null);
        return (evaluate.State, evaluate.UnmetDependencies);
    }
}

public class SqliteShardJobTests() : ShardJobSuite(postgres: false);

public class PostgresShardJobTests() : ShardJobSuite(postgres: true);
