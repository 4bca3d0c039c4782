using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Scheduler.Tests.Reconciling;

public sealed class ReconcilerTests
{
    [Fact]
    public async Task Pass_LeaseRanOut_TakesTheJobBackAndShowsIt()
    {
        // No time at all: a lease has run out when it is given.
        await using SchedulerHost host = await SchedulerHost.StartAsync(lease: TimeSpan.Zero);
        await host.SubmitAsync();
        await host.Reconciler.PassAsync(CancellationToken.None);
        Lease lease = await host.ClaimAsync(JobKind.Train);

        ReconcileReport? report = await host.Reconciler.PassAsync(CancellationToken.None);

        Assert.Contains(lease.JobId, report!.Lost);
        Assert.Equal(JobState.Ready, (await host.JobAsync(lease.JobId)).State);
        Assert.Equal("Ready", (await host.ShownAsync(lease.JobId)).Name);
        Assert.False((await host.Queue.HeartbeatAsync(lease, null, CancellationToken.None)).Held);
    }

    [Fact]
    public async Task Pass_LeaseGoesOn_LeavesTheJob()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);

        ReconcileReport? report = await host.Reconciler.PassAsync(CancellationToken.None);

        Assert.Empty(report!.Lost);
        Assert.True((await host.Queue.HeartbeatAsync(lease, null, CancellationToken.None)).Held);
    }
}
