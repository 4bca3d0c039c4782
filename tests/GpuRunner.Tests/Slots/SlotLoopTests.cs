using DdpmJobs.GpuRunner.Offers;
using DdpmJobs.GpuRunner.Slots;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DdpmJobs.GpuRunner.Tests.Slots;

public sealed class SlotLoopTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Offer_SlotFree_IsClaimedAtOnceNotAtTheNextPoll()
    {
        TaskCompletionSource trained = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(
            RunnerFixture.Work((_, session, _) =>
            {
                trained.TrySetResult();
                return RunnerFixture.End(session, 10, completed: true);
            }),
            options => options.PollEvery = TimeSpan.FromDays(1));
        IHostedService loop = runner.Services.GetServices<IHostedService>().Single();
        await loop.StartAsync(Cancel);
        await runner.SubmitAsync();
        Job job = (await runner.JobsAsync()).Single(job => job.Kind == JobKind.Train);

        runner.Get<JobIntake>().Offer(job.Id);

        await trained.Task.WaitAsync(Cancel);
        await loop.StopAsync(Cancel);
    }

    [Fact]
    public async Task Stop_TrainingUnderWay_HandsItBackAndLeaves()
    {
        TaskCompletionSource started = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, stop) =>
        {
            started.TrySetResult();
            stop.WaitHandle.WaitOne();
            return RunnerFixture.End(session, 3, completed: false);
        }));
        IHostedService loop = runner.Services.GetServices<IHostedService>().Single();
        await runner.SubmitAsync();
        await loop.StartAsync(Cancel);
        await started.Task.WaitAsync(Cancel);

        await loop.StopAsync(Cancel);

        Job job = (await runner.JobsAsync()).Single(job => job.Kind == JobKind.Train);
        Assert.Equal(JobState.Ready, job.State);
        Assert.Equal(3, Assert.Single(await runner.ArtifactsAsync()).Step);
        Assert.Equal("stopped", (await RowAsync(runner)).State);
    }

    [Fact]
    public async Task Failures_ThreeInARow_TripTheRunnerAndItClaimsNoMore()
    {
        int tries = 0;
        TaskCompletionSource third = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, _, _) =>
        {
            if (Interlocked.Increment(ref tries) == 3)
            {
                third.SetResult();
            }

            throw new InvalidOperationException("the disk is gone");
        }));
        IHostedService loop = runner.Services.GetServices<IHostedService>().Single();
        await runner.SubmitAsync();
        await loop.StartAsync(Cancel);
        await third.Task.WaitAsync(Cancel);

        Runner row;
        while ((row = await RowAsync(runner)).State != "tripped")
        {
            await Task.Yield();
        }

        Assert.Contains("the disk is gone", row.StateReason);
        await loop.StopAsync(Cancel);
        Assert.Equal(3, tries);
        Assert.Equal(JobState.Ready, (await runner.JobsAsync()).Single(job => job.Kind == JobKind.Train).State);
    }

    private static async Task<Runner> RowAsync(RunnerFixture runner)
    {
        Guid id = runner.Get<RunnerPresence>().Id;
        await using TrackingDb db = await runner.DbAsync();
        return await db.Runners.SingleAsync(row => row.Id == id, Cancel);
    }
}
