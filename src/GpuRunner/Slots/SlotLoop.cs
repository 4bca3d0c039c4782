using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.GpuRunner.Offers;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace DdpmJobs.GpuRunner.Slots;

/// <summary>Runs the slots: a free one claims a job when an offer comes, when it becomes free, and every <see cref="RunnerOptions.PollEvery"/> as a floor.</summary>
public sealed class SlotLoop(
    JobQueue queue,
    JobIntake intake,
    RunExecutor executor,
    CircuitBreaker breaker,
    RunnerPresence presence,
    RunnerOptions options,
    TimeProvider clock,
    ILogger<SlotLoop> log) : BackgroundService
{
    private static readonly JobKind[] Kinds = Enum.GetValues<JobKind>();

    private IReadOnlyList<Slot> _slots = [];
    private bool _storeAway;

    /// <summary>Checks folder and devices before anything is claimed, so that a wrong setting stops the program with a sentence.</summary>
    /// <exception cref="RunnerStartException">The work folder cannot be written or a device is not there.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        WorkFolder.Prepare(options.WorkFolder, clock);
        _slots = await Task.Run(() => DeviceList.Slots(options, CudaDevices, Environment.ProcessorCount), cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Enter the runner before the first claim, which names it.
        try
        {
            await presence.EnterAsync(_slots, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }

        log.Started(options.Name, options.Pool, string.Join(", ", _slots.Select(slot => slot.Device)));

        // Keep the slots busy; signs of life go on while they hand their jobs back.
        using CancellationTokenSource quiet = new();
        Task beats = presence.RunAsync(quiet.Token);
        await Task.WhenAll(_slots.Select(slot => RunSlotAsync(slot, stoppingToken)));
        await quiet.CancelAsync();
        await beats;
        await presence.LeaveAsync();
        log.Stopped(options.Name);
    }

    private async Task RunSlotAsync(Slot slot, CancellationToken shutdown)
    {
        Guid? offered = null;
        while (!shutdown.IsCancellationRequested)
        {
            try
            {
                Lease? lease = await ClaimAsync(offered, shutdown);
                if (lease is null)
                {
                    offered = await intake.WaitAsync(options.PollEvery, clock, shutdown);
                    continue;
                }

                AttemptOutcome outcome = await executor.ExecuteAsync(lease, slot, shutdown);
                await RecordAsync(outcome, shutdown);
                offered = intake.Take();
            }
            catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<Lease?> ClaimAsync(Guid? offered, CancellationToken cancel)
    {
        if (breaker.Reason is not null)
        {
            return null;
        }

        try
        {
            Lease? lease = await queue.ClaimAsync(presence.Id, options.Name, options.Pool, Kinds, offered, cancel);
            _storeAway = false;
            return lease;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Say it once for an outage; the next poll tries again.
            if (!_storeAway)
            {
                log.ClaimFailed(error, options.PollEvery);
            }

            _storeAway = true;
            return null;
        }
    }

    private async Task RecordAsync(AttemptOutcome outcome, CancellationToken shutdown)
    {
        // Wake this runner's other slots for what became ready.
        foreach (JobOffer ready in outcome.Ready)
        {
            if (ready.Pool == options.Pool)
            {
                intake.Offer(ready.JobId);
            }
        }

        // An attempt given up to a shutdown or another runner says nothing about this machine.
        bool says = outcome.RunnerFailure is not null || outcome.Ending is AttemptEnding.Succeeded or AttemptEnding.Failed or AttemptEnding.Diverged;
        if (says && breaker.Record(outcome.RunnerFailure))
        {
            log.Tripped(breaker.Reason!);
            await presence.TripAsync(breaker.Reason!, shutdown);
        }
    }

    private static int CudaDevices() => torch.cuda.is_available() ? torch.cuda.device_count() : 0;
}
