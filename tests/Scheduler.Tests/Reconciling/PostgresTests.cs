using DdpmJobs.Scheduler.Reconciling;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;

namespace DdpmJobs.Scheduler.Tests.Reconciling;

/// <summary>What differs on PostgreSQL: Hangfire's storage and the lock. DDPM_TEST_POSTGRES names a server on which databases may be made.</summary>
public sealed class PostgresTests
{
    [Fact]
    public async Task Mirrors_OnPostgres_MoveAndStop()
    {
        await using Database database = await Database.CreateAsync();
        await using SchedulerHost host = await SchedulerHost.StartAsync(postgres: database.ConnectionString);
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);

        await host.Reconciler.PassAsync(CancellationToken.None);
        Assert.Equal("Running", (await host.ShownAsync(lease.JobId)).Name);

        await host.Queue.EndAsync(lease, new AttemptEnding.Succeeded(), CancellationToken.None);
        await host.Reconciler.PassAsync(CancellationToken.None);
        Assert.Equal("Succeeded", (await host.ShownAsync(lease.JobId)).Name);
    }

    [Fact]
    public async Task Hold_TwoSchedulers_OneHasItUntilItGoes()
    {
        await using Database database = await Database.CreateAsync();
        await using var first = new ReconcileLock(new StoreOptions { Postgres = database.ConnectionString });
        await using var second = new ReconcileLock(new StoreOptions { Postgres = database.ConnectionString });

        Assert.Equal((true, true), await first.HoldAsync(CancellationToken.None));
        Assert.Equal((true, false), await first.HoldAsync(CancellationToken.None));
        Assert.Equal((false, false), await second.HoldAsync(CancellationToken.None));

        await first.DisposeAsync();
        Assert.Equal((true, true), await second.HoldAsync(CancellationToken.None));
    }
}
