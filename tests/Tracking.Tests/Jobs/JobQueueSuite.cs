using System.Globalization;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Jobs;

/// <summary>Claims, leases, endings, requests: what every store must do.</summary>
public abstract class JobQueueSuite(bool postgres) : StoreSuite(postgres)
{
    [Fact]
    public async Task Note_HeldJob_IsAnEventThatMovesNothing()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("noted");
        Lease lease = await store.MustClaimAsync();

        await store.Queue.NoteAsync(lease, "the checkpoint of step 20 is missing or damaged", Cancel);

        Job job = await store.JobAsync(lease.JobId);
        Assert.Equal(JobState.Running, job.State);
        object?[] last = (await store.QueryAsync("select from_state, to_state, fence, actor, reason from job_event order by id desc"))[0];
        Assert.Equal(["running", "running", "1", "runner r1", "the checkpoint of step 20 is missing or damaged"], last.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));
        await Assert.ThrowsAsync<StaleFenceException>(() => store.Queue.NoteAsync(lease with { Fence = 9 }, "too late", Cancel));
    }

    [Fact]
    public async Task End_SucceededBeforeTheTotal_ShowsWhatWasDoneAndWhy()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("early");
        Lease lease = await store.MustClaimAsync();
        await store.Queue.HeartbeatAsync(lease, new JobProgress(40, 100, "steps"), Cancel);

        await store.Queue.EndAsync(lease, new AttemptEnding.Succeeded("stopped early at step 40", new JobProgress(40, 40, "steps")), Cancel);

        Assert.Equal(("40", "40"), (await store.QueryAsync($"select steps_done, steps_total from {store.V1}run_summary")).Select(row => (row[0]!.ToString(), row[1]!.ToString())).Single());
        Assert.Equal("stopped early at step 40", (await store.QueryAsync("select reason from job_event where to_state = 'succeeded'")).Single()[0]);
    }

    [Fact]
    public async Task Claim_ManyAtOnce_NobodyGetsTheSameJob()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("many", runs: 12);

        Lease?[] leases = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => store.ClaimAsync($"r{i}")));

        Guid[] claimed = [.. leases.OfType<Lease>().Select(lease => lease.JobId)];
        Assert.Equal(claimed.Length, claimed.Distinct().Count());
        while (await store.ClaimAsync() is Lease more)
            claimed = [.. claimed, more.JobId];
        Assert.Equal(12, claimed.Distinct().Count());
        Assert.All(await store.QueryAsync("select fence from job where kind = 'train'"), row => Assert.Equal(1L, Convert.ToInt64(row[0])));
    }

    [Fact]
    public async Task Claim_Order_IsPriorityThenOfferedThenSweepOrder()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("order", runs: 4);
        List<Job> trains = [.. (await store.JobsAsync()).Where(job => job.Kind == JobKind.Train)];
        await using (TrackingDb db = await store.DbAsync())
            await db.Jobs.Where(job => job.Id == trains[3].Id).ExecuteUpdateAsync(set => set.SetProperty(job => job.Priority, 5), Cancel);

        Assert.Equal(trains[3].Id, (await store.ClaimAsync("a", trains[2].Id))!.JobId); // a better one than the offered
        Assert.Equal(trains[2].Id, (await store.ClaimAsync("a", trains[2].Id))!.JobId);
        Assert.Equal(trains[0].Id, (await store.MustClaimAsync()).JobId);
        Assert.Equal(trains[1].Id, (await store.ClaimAsync("b", trains[2].Id))!.JobId); // the offered one is gone: the next best
        Assert.Null(await store.ClaimAsync());
    }

    [Fact]
    public async Task Claim_AnOldOfferOfATraining_DoesNotHoldUpTheResultsOfAFinishedOne()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("results", runs: 2);
        Guid second = (await store.JobsAsync()).Last(job => job.Kind == JobKind.Train).Id;
        await store.Queue.EndAsync(await store.MustClaimAsync(), new AttemptEnding.Succeeded(), Cancel);
        Assert.NotEqual(JobKind.Train, (await store.ClaimAsync("r", second))!.Kind);
    }

    [Fact]
    public async Task Claim_OtherPoolOrKind_FindsNothing()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("pool");
        Assert.Null(await store.Queue.ClaimAsync(Guid.CreateVersion7(), "r", "gpu", Enum.GetValues<JobKind>(), null, Cancel));
        Assert.Null(await store.ClaimAsync("r", null, JobKind.Sample, JobKind.Evaluate));
        Assert.NotNull(await store.ClaimAsync("r", null, JobKind.Train));
    }

    [Fact]
    public async Task End_TrainSucceeded_DependantsBecomeReadyAndGoFirst()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("graph", runs: 2);
        Lease train = await store.MustClaimAsync();
        (JobState state, IReadOnlyList<JobOffer> ready) = await store.Queue.EndAsync(train, new AttemptEnding.Succeeded(), Cancel);

        Assert.Equal(JobState.Succeeded, state);
        Assert.Equal([JobKind.Evaluate, JobKind.Sample], ready.Select(offer => offer.Kind).Order());
        Assert.NotEqual(JobKind.Train, (await store.MustClaimAsync()).Kind);
    }

    [Theory]
    [InlineData("diverged")]
    [InlineData("failed")]
    public async Task End_TrainWithoutSuccess_DependantsAreSkipped(string ending)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("skip");
        Lease train = await store.MustClaimAsync();
        AttemptEnding how = ending == "failed" ? new AttemptEnding.Failed("bad", "stack", Retryable: false) : new AttemptEnding.Diverged("loss is NaN at step 3");
        await store.Queue.EndAsync(train, how, Cancel);

        List<Job> jobs = await store.JobsAsync();
        Assert.Equal(ending, jobs.Single(job => job.Kind == JobKind.Train).State.ToString().ToLowerInvariant());
        Assert.All(jobs.Where(job => job.Kind != JobKind.Train), job => Assert.Equal(JobState.Skipped, job.State));
    }

    [Fact]
    public async Task End_RetryableErrors_BackOffAndGiveUpAfterMaxAttempts()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("retry");
        Guid id = Guid.Empty;
        for (int attempt = 1; attempt <= 5; attempt++)
        {
            Lease lease = await store.MustClaimAsync();
            id = lease.JobId;
            (JobState state, _) = await store.Queue.EndAsync(lease, new AttemptEnding.Failed($"error {attempt}", $"stack {attempt}", Retryable: true), Cancel);
            Assert.Equal(attempt < 5 ? JobState.Ready : JobState.Failed, state);
            Job job = await store.JobAsync(id);
            Assert.InRange(job.AvailableAt - job.StateChangedAt, TimeSpan.Zero, TimeSpan.FromSeconds(10 * Math.Pow(2, attempt - 1)));
            await store.AvailableNowAsync(id);
        }

        List<object?[]> attempts = await store.QueryAsync("select fence, ending, error from attempt order by fence");
        Assert.Equal(["retry", "retry", "retry", "retry", "failed"], attempts.Select(row => row[1]));
        Assert.Equal(["stack 1", "stack 2", "stack 3", "stack 4", "stack 5"], attempts.Select(row => row[2]));
    }

    [Fact]
    public async Task End_HandedBack_IsReadyAtOnceAndNotCounted()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("shutdown");
        for (int i = 0; i < 8; i++)
        {
            Lease lease = await store.MustClaimAsync();
            Assert.Equal(i + 1, lease.Fence);
            await store.Queue.EndAsync(lease, new AttemptEnding.HandedBack("shutdown"), Cancel);
        }

        Assert.Equal(0, (await store.JobsAsync()).Max(job => job.AttemptsCounted));
    }

    [Fact]
    public async Task Heartbeat_StopRequested_TellsTheReasonUntilAcknowledged()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("stop");
        Lease lease = await store.MustClaimAsync();
        Assert.Equal(new LeaseState(true, null), await store.Queue.HeartbeatAsync(lease, new JobProgress(3, 10, "steps"), Cancel));
        Assert.True((await store.Queue.RequestStopAsync(lease.JobId, StopReason.Cancel, "alice", Cancel)).Accepted);
        Assert.Equal(new LeaseState(true, StopReason.Cancel), await store.Queue.HeartbeatAsync(lease, null, Cancel));

        (JobState state, _) = await store.Queue.EndAsync(lease, new AttemptEnding.Stopped(), Cancel);

        Assert.Equal(JobState.Cancelled, state);
        Assert.Equal(3, (await store.JobAsync(lease.JobId)).ProgressDone);
        Assert.Equal(new LeaseState(false, null), await store.Queue.HeartbeatAsync(lease, null, Cancel));
    }

    [Fact]
    public async Task RequestStop_EachState_IsLegalOrRefusedWithTheState()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("cancel");
        Job train = (await store.JobsAsync()).Single(job => job.Kind == JobKind.Train);
        Job sample = (await store.JobsAsync()).Single(job => job.Kind == JobKind.Sample);

        Assert.True((await store.Queue.RequestStopAsync(sample.Id, StopReason.Cancel, "alice", Cancel)).Accepted); // blocked
        Assert.True((await store.Queue.RequestStopAsync(train.Id, StopReason.Cancel, "alice", Cancel)).Accepted);  // ready
        RequestResult again = await store.Queue.RequestStopAsync(train.Id, StopReason.Cancel, "alice", Cancel);
        Assert.False(again.Accepted);
        Assert.Contains("cancelled", again.Message);
        Assert.False((await store.Queue.RequestStopAsync(Guid.CreateVersion7(), StopReason.Cancel, "alice", Cancel)).Accepted);
        Assert.Equal(JobState.Skipped, (await store.JobsAsync()).Single(job => job.Kind == JobKind.Evaluate).State);
    }

    [Fact]
    public async Task Retry_FailedTrain_ItsSkippedDependantsWaitAgain()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("again");
        Lease lease = await store.MustClaimAsync();
        Assert.False((await store.Queue.RetryAsync(lease.JobId, "alice", Cancel)).Accepted); // running
        await store.Queue.EndAsync(lease, new AttemptEnding.Failed("bad", "stack", Retryable: false), Cancel);

        Assert.True((await store.Queue.RetryAsync(lease.JobId, "alice", Cancel)).Accepted);

        Assert.All((await store.JobsAsync()).Where(job => job.Kind != JobKind.Train), job => Assert.Equal(JobState.Blocked, job.State));
        Lease second = await store.MustClaimAsync();
        Assert.Equal((lease.JobId, 2), (second.JobId, second.Fence));
        (_, IReadOnlyList<JobOffer> ready) = await store.Queue.EndAsync(second, new AttemptEnding.Succeeded(), Cancel);
        Assert.Equal(2, ready.Count);
        Assert.Contains(await store.QueryAsync("select actor from job_event where reason = 'retry'"), row => (string)row[0]! == "alice");
    }

    [Fact]
    public async Task Reconcile_LeaseRanOut_TheNextClaimFencesTheOldHolderOff()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("lost");
        Lease frozen = await store.MustClaimAsync("frozen");
        await store.ExpireAsync(frozen.JobId);
        ReconcileReport report = await store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel);
        Assert.Equal([frozen.JobId], report.Lost);
        Lease heir = await store.MustClaimAsync("heir");
        Assert.Equal(frozen.Fence + 1, heir.Fence);

        Assert.False((await store.Queue.HeartbeatAsync(frozen, null, Cancel)).Held);
        await Assert.ThrowsAsync<StaleFenceException>(() => store.Queue.EndAsync(frozen, new AttemptEnding.Succeeded(), Cancel));
        await Assert.ThrowsAsync<StaleFenceException>(() => store.Queue.StartedAsync(frozen, 1, "{}", Cancel));
        Assert.Equal(JobState.Running, (await store.JobAsync(heir.JobId)).State);
        Assert.True((await store.Queue.HeartbeatAsync(heir, null, Cancel)).Held);
    }

    [Fact]
    public async Task Heartbeat_LeaseRanOutButNobodyTookTheJob_IsRenewed()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("slow");
        Lease lease = await store.MustClaimAsync();
        await store.ExpireAsync(lease.JobId);
        Assert.True((await store.Queue.HeartbeatAsync(lease, null, Cancel)).Held);
        Assert.Empty((await store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel)).Lost);
    }

    [Fact]
    public async Task ExtendAllLeases_AfterAnOutage_NothingIsTakenBack()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("amnesty", runs: 2);
        Lease one = await store.MustClaimAsync();
        await store.ExpireAsync(one.JobId);
        Assert.Equal(1, await store.Queue.ExtendAllLeasesAsync(Cancel));
        Assert.Empty((await store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel)).Lost);
    }

    [Fact]
    public async Task Reconcile_JobThatKillsItsRunners_EndsAsFailed()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("poison");
        Guid id = Guid.Empty;
        for (int i = 0; i < 5; i++)
        {
            id = (await store.MustClaimAsync("r", JobKind.Train)).JobId;
            await store.ExpireAsync(id);
            await store.Queue.ReconcileAsync(TimeSpan.FromHours(1), Cancel);
        }

        Assert.Equal(JobState.Failed, (await store.JobAsync(id)).State);
        Assert.All((await store.JobsAsync()).Where(job => job.Id != id), job => Assert.Equal(JobState.Skipped, job.State));
        Assert.Equal(5, (await store.QueryAsync("select 1 from attempt where ending = 'lost'")).Count);
    }

    [Fact]
    public async Task Reconcile_LostWhileStopping_EndsAsAsked()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("stopping");
        Lease lease = await store.MustClaimAsync();
        await store.Queue.RequestStopAsync(lease.JobId, StopReason.Cancel, "alice", Cancel);
        await store.ExpireAsync(lease.JobId);
        await store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel);
        Assert.Equal(JobState.Cancelled, (await store.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task Database_IllegalRow_IsRefusedByTheChecks()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("checks");
        foreach (string illegal in new[] { "state = 'running'", "state = 'succeeded'", "state = 'odd'", "fence = -1", "ended_at = created_at", "shard = 0" })
        {
            await using TrackingDb db = await store.DbAsync();
            string sql = $"update job set {illegal} where kind = 'train'";
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => db.Database.ExecuteSqlRawAsync(sql, Cancel));
        }
    }

    // A small random world: whatever the order of events, the invariants of the job graph hold.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(6, 3)]
    public async Task Operations_InAnyOrder_KeepTheInvariants(int seed, int shards)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("world", runs: shards == 0 ? 3 : 2, shards);
        var held = new List<Lease>();
        uint state = (uint)seed * 2654435761;
        int Draw(int below)
        {
            state = state * 1664525 + 1013904223;
            return (int)((state >> 8) % (uint)below);
        }

        for (int i = 0; i < (shards == 0 ? 120 : 240); i++)
        {
            List<Job> jobs = await store.JobsAsync();
            Job job = jobs[Draw(jobs.Count)];
            Lease? lease = held.Count > 0 ? held[Draw(held.Count)] : null;
            switch (Draw(7))
            {
                case 0 or 1:
                    if (await store.ClaimAsync() is Lease claimed)
                        held.Add(claimed);
                    break;
                case 2 or 3 when lease is not null:
                    AttemptEnding[] endings =
                    [
                        new AttemptEnding.Succeeded(), new AttemptEnding.HandedBack("x"), new AttemptEnding.Stopped(), new AttemptEnding.Diverged("x"),
                        new AttemptEnding.Failed("x", "x", true), new AttemptEnding.Failed("x", "x", false),
                    ];
                    bool stale = lease.Fence != (await store.JobAsync(lease.JobId)).Fence || !(await store.JobAsync(lease.JobId)).State.IsHeld();
                    Exception? thrown = await Record.ExceptionAsync(() => store.Queue.EndAsync(lease, endings[Draw(endings.Length)], Cancel));
                    Assert.Equal(stale, thrown is StaleFenceException);
                    break;
                case 4:
                    await store.Queue.RequestStopAsync(job.Id, (StopReason)Draw(3), "alice", Cancel);
                    break;
                case 5:
                    await store.Queue.RetryAsync(job.Id, "alice", Cancel);
                    break;
                case 6:
                    if (job.State.IsHeld())
                        await store.ExpireAsync(job.Id);
                    await store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel);
                    break;
            }

            await AssertInvariantsAsync(store);
        }
    }

    private static async Task AssertInvariantsAsync(Store store)
    {
        List<Job> jobs = await store.JobsAsync();
        List<JobDependency> edges = await store.DependenciesAsync();
        foreach (Job job in jobs)
        {
            List<Job> dependencies = [.. edges.Where(edge => edge.JobId == job.Id).Select(edge => jobs.Single(other => other.Id == edge.DependsOnId))];
            int unmet = dependencies.Count(other => other.State != JobState.Succeeded);
            bool lost = dependencies.Exists(other => other.State.IsFinal() && other.State != JobState.Succeeded);
            Assert.Equal(unmet, job.UnmetDependencies);
            if (job.State is JobState.Ready or JobState.Succeeded or JobState.Failed or JobState.Diverged || job.State.IsHeld())
                Assert.Equal(0, unmet);

            // Whatever waits can still come, and whatever was skipped cannot.
            if (job.State == JobState.Blocked)
                Assert.True(unmet > 0 && !lost);
            if (job.State == JobState.Skipped)
                Assert.True(lost);
        }

        // Events tell the whole story, and every claim has its attempt.
        Assert.Empty(await store.QueryAsync(
            "select j.id from job j where j.state <> (select e.to_state from job_event e where e.job_id = j.id order by e.id desc limit 1)"));
        Assert.Empty(await store.QueryAsync("select j.id from job j where j.fence <> (select count(*) from attempt a where a.job_id = j.id)"));
        Assert.Empty(await store.QueryAsync(
            "select j.id from job j where (j.lease_until is not null) <> exists (select 1 from attempt a where a.job_id = j.id and a.fence = j.fence and a.ended_at is null)"));
    }
}

public class SqliteJobQueueTests() : JobQueueSuite(postgres: false);

public class PostgresJobQueueTests() : JobQueueSuite(postgres: true);
