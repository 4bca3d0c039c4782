namespace DdpmJobs.Scheduler.Reconciling;

/// <summary>Reconciles every few seconds for as long as the program runs.</summary>
public sealed class ReconcileLoop(Reconciler reconciler, SchedulerOptions options, TimeProvider clock) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Let the start of the host go on; the first pass may wait for a database.
        await Task.Yield();
        using var timer = new PeriodicTimer(options.ReconcileEvery, clock);
        try
        {
            do
            {
                await reconciler.PassAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
