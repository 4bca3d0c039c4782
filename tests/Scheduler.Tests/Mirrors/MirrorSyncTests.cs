using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Tests.Mirrors;

public sealed class MirrorSyncTests
{
    [Fact]
    public async Task Sync_NewSweep_MakesOneMirrorForEachJob()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();

        await host.SyncAsync();

        List<Job> jobs = await host.JobsAsync(sweep);
        Assert.Equal(6, jobs.Select(j => j.MirrorId).Where(m => m is not null).Distinct().Count());
        foreach (Job job in jobs)
        {
            Assert.Equal(job.State.ToString(), (await host.ShownAsync(job.Id)).Name);
        }
    }

    [Fact]
    public async Task Sync_JobMoves_MovesItsMirror()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        await host.SyncAsync();

        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();
        Assert.Equal("Running", (await host.ShownAsync(lease.JobId)).Name);

        await host.Queue.EndAsync(lease, new AttemptEnding.Succeeded(), CancellationToken.None);
        await host.SyncAsync();
        Assert.Equal("Succeeded", (await host.ShownAsync(lease.JobId)).Name);
        Assert.Equal(1, host.Services.GetRequiredService<JobStorage>().GetMonitoringApi().GetStatistics().Succeeded);
    }

    [Fact]
    public async Task Sync_FailedJob_IsOnHangfiresFailedPage()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.EndAsync(lease, new AttemptEnding.Failed("no such thing", "stack", false), CancellationToken.None);

        await host.SyncAsync();

        var failed = Assert.Single(host.Services.GetRequiredService<JobStorage>().GetMonitoringApi().FailedJobs(0, 10));
        Assert.Equal((await host.JobAsync(lease.JobId)).MirrorId, failed.Key);
        Assert.Contains("no such thing", await host.Client.GetStringAsync("/hangfire/jobs/failed", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sync_NothingMoved_WritesNothing()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        await host.SyncAsync();

        Assert.Equal(0, await host.Services.GetRequiredService<MirrorSync>().SyncAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Sync_StorageWasLost_RebuildsTheMirrors()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();
        await using (TrackingDb db = host.Db())
        {
            await db.Jobs.ExecuteUpdateAsync(s => s.SetProperty(j => j.MirrorId, "of-an-earlier-process"), TestContext.Current.CancellationToken);
        }

        // A new instance knows nothing of what was shown, as after a restart.
        var sync = ActivatorUtilities.CreateInstance<MirrorSync>(host.Services);
        Assert.Equal(6, await sync.SyncAsync(CancellationToken.None));
        Assert.All(await host.JobsAsync(sweep), j => Assert.NotEqual("of-an-earlier-process", j.MirrorId));
    }
}
