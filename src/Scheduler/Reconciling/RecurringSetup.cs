using Hangfire;

namespace DdpmJobs.Scheduler.Reconciling;

/// <summary>Registers the recurring duties at start; in memory they are gone after every restart.</summary>
public sealed class RecurringSetup(IRecurringJobManager recurring) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        recurring.AddOrUpdate<RecurringDuties>("reconcile", d => d.ReconcileAsync(CancellationToken.None), Cron.Minutely());
        recurring.AddOrUpdate<RecurringDuties>("advance-sweeps", d => d.AdvanceSweepsAsync(CancellationToken.None), Cron.Minutely());
        recurring.AddOrUpdate<RecurringDuties>("collect-garbage", d => d.CollectGarbageAsync(CancellationToken.None), Cron.Hourly());
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
