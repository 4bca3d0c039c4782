using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Tests.Conformance;

namespace DdpmJobs.Tracking.Tests.Jobs;

/// <summary>What people may ask of jobs, in corners that meet in practice only under load.</summary>
public abstract class JobRequestSuite(bool postgres) : StoreSuite(postgres)
{
    [Theory]
    [InlineData(StopReason.Preempt, StopReason.Cancel, JobState.Cancelled)]
    [InlineData(StopReason.Preempt, StopReason.Prune, JobState.Pruned)]
    [InlineData(StopReason.Cancel, StopReason.Preempt, JobState.Cancelled)]
    [InlineData(StopReason.Prune, StopReason.Preempt, JobState.Pruned)]
    public async Task RequestStop_WhileStopping_TheStrongerReasonHolds(StopReason first, StopReason second, JobState expected)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("stronger");
        Lease lease = await store.MustClaimAsync();
        Assert.True((await store.Queue.RequestStopAsync(lease.JobId, first, "scheduler", Cancel)).Accepted);
        Assert.True((await store.Queue.RequestStopAsync(lease.JobId, second, "alice", Cancel)).Accepted);

        (JobState state, _) = await store.Queue.EndAsync(lease, new AttemptEnding.Stopped(), Cancel);

        Assert.Equal(expected, state);
    }

    [Fact]
    public async Task TakeBackAll_LeasesStillLast_JobsAreReadyAndStoppedOnesEnd()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("orphans", runs: 2);
        Lease running = await store.MustClaimAsync();
        Lease stopping = await store.MustClaimAsync();
        await store.Queue.RequestStopAsync(stopping.JobId, StopReason.Cancel, "alice", Cancel);

        IReadOnlyList<Guid> taken = await store.Queue.TakeBackAllAsync(Cancel);

        Assert.Equal(new[] { running.JobId, stopping.JobId }.Order(), taken.Order());
        Assert.Equal(JobState.Ready, (await store.JobAsync(running.JobId)).State);
        Assert.Equal(JobState.Cancelled, (await store.JobAsync(stopping.JobId)).State);
        Assert.False((await store.Queue.HeartbeatAsync(running, null, Cancel)).Held);
        Assert.Empty(await store.Queue.TakeBackAllAsync(Cancel));
    }

    [Fact]
    public async Task Retry_CancelledDependantOfARunningTrain_WaitsForIt()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("regret");
        Guid sample = (await store.JobsAsync()).Single(job => job.Kind == JobKind.Sample).Id;
        Lease train = await store.MustClaimAsync();
        await store.Queue.RequestStopAsync(sample, StopReason.Cancel, "alice", Cancel);

        Assert.True((await store.Queue.RetryAsync(sample, "alice", Cancel)).Accepted);

        Assert.Equal(JobState.Blocked, (await store.JobAsync(sample)).State);
        (_, IReadOnlyList<JobOffer> ready) = await store.Queue.EndAsync(train, new AttemptEnding.Succeeded(), Cancel);
        Assert.Contains(ready, offer => offer.JobId == sample);
    }

    [Fact]
    public async Task Retry_CancelledDependantOfAFailedTrain_IsRefusedWithTheReason()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("hopeless");
        Guid sample = (await store.JobsAsync()).Single(job => job.Kind == JobKind.Sample).Id;
        Lease train = await store.MustClaimAsync();
        await store.Queue.RequestStopAsync(sample, StopReason.Cancel, "alice", Cancel);
        await store.Queue.EndAsync(train, new AttemptEnding.Failed("bad", "stack", Retryable: false), Cancel);

        RequestResult result = await store.Queue.RetryAsync(sample, "alice", Cancel);

        Assert.False(result.Accepted);
        Assert.Contains("did not succeed", result.Message);
        Assert.Equal(JobState.Cancelled, (await store.JobAsync(sample)).State);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 3)]
    public async Task Requests_CrosswiseAtOnce_NeverDeadlock(int runs, int shards)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("crosswise", runs, shards);
        List<Job> jobs = await store.JobsAsync();

        // Parents and children are stopped, retried, claimed and ended in the same moment; every call must come back with an answer.
        for (int round = 0; round < 6; round++)
        {
            var calls = new List<Task>();
            foreach (Job job in jobs)
            {
                calls.Add(store.Queue.RetryAsync(job.Id, "alice", Cancel));
                calls.Add(store.Queue.RequestStopAsync(job.Id, StopReason.Cancel, "bob", Cancel));
            }

            calls.Add(ClaimAndFailAsync(store));
            calls.Add(ClaimAndFailAsync(store));
            calls.Add(store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel));
            await Task.WhenAll(calls);
        }

        Assert.Empty(await store.QueryAsync(
            "select j.id from job j where j.state <> (select e.to_state from job_event e where e.job_id = j.id order by e.id desc limit 1)"));
    }

    private static async Task ClaimAndFailAsync(Store store)
    {
        if (await store.ClaimAsync() is Lease lease)
            await store.Queue.EndAsync(lease, new AttemptEnding.Failed("bad", "stack", Retryable: false), Cancel);
    }
}

public class SqliteJobRequestTests() : JobRequestSuite(postgres: false);

public class PostgresJobRequestTests() : JobRequestSuite(postgres: true);
