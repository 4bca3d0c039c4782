using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Scheduler.Offers;
using DdpmJobs.Scheduler.Pictures;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;

namespace DdpmJobs.Scheduler.Reconciling;

/// <summary>Brings everything that hangs on the store back in line with it: leases, offers, mirrors, pictures.</summary>
public sealed class Reconciler(
    JobQueue queue, OfferSender offers, MirrorSync mirrors, SweepGrids grids, ReconcileLock exclusive, SchedulerOptions options, TimeProvider clock,
    ILogger<Reconciler> logger) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<Guid, DateTimeOffset> _offeredAt = [];
    private bool _amnestyDue = true;
    private bool _failing;
    private bool _mirrorsFailing;
    private bool _gridsFailing;

    /// <summary>One pass. An error is logged once and the next pass tries again.</summary>
    /// <returns>What was done; null when it failed or another scheduler does it.</returns>
    public async Task<ReconcileReport?> PassAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            ReconcileReport? report = await LeasesAsync(cancel);
            if (report is not null)
            {
                await MirrorsAsync(cancel);
                await GridsAsync(cancel);
            }

            if (_failing)
            {
                _failing = false;
                logger.ReconcileWorks();
            }

            return report;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            // Runners could not renew while the store was away: they get a full term before anything is taken from them.
            _amnestyDue |= StoreOutage.IsCauseOf(e);
            if (!_failing)
            {
                _failing = true;
                logger.ReconcileFails(e);
            }

            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _one.Dispose();

    private async Task<ReconcileReport?> LeasesAsync(CancellationToken cancel)
    {
        // Only one scheduler reconciles.
        (bool held, bool taken) = await exclusive.HoldAsync(cancel);
        if (!held)
        {
            return null;
        }

        // Give every lease a full term when nobody watched until now.
        if (_amnestyDue || taken)
        {
            int extended = await queue.ExtendAllLeasesAsync(cancel);
            _amnestyDue = false;
            if (extended > 0)
            {
                logger.Amnesty(extended);
            }
        }

        // Take back what was lost.
        ReconcileReport report = await queue.ReconcileAsync(options.OfferAgainAfter, cancel);
        foreach (Guid lost in report.Lost)
        {
            logger.LeaseLost(lost);
        }

        // Offer again what nobody took, each job once per term.
        DateTimeOffset now = clock.GetUtcNow();
        HashSet<Guid> still = [.. report.Offers.Select(o => o.JobId)];
        foreach (Guid gone in _offeredAt.Keys.Where(id => !still.Contains(id)).ToList())
        {
            _offeredAt.Remove(gone);
        }

        List<JobOffer> due = [.. report.Offers.Where(o => !_offeredAt.TryGetValue(o.JobId, out DateTimeOffset at) || now - at >= options.OfferAgainAfter)];
        due.ForEach(o => _offeredAt[o.JobId] = now);
        offers.Send(due);
        return report;
    }

    // Hangfire's storage may be away while the store is there: that costs the dashboard only.
    private async Task MirrorsAsync(CancellationToken cancel)
    {
        try
        {
            await mirrors.SyncAsync(cancel);
            _mirrorsFailing = false;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            if (!_mirrorsFailing)
            {
                _mirrorsFailing = true;
                logger.MirrorsFail(e);
            }
        }
    }

    private async Task GridsAsync(CancellationToken cancel)
    {
        try
        {
            await grids.MakeDueAsync(cancel);
            _gridsFailing = false;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            if (!_gridsFailing)
            {
                _gridsFailing = true;
                logger.SweepGridsFail(e);
            }
        }
    }
}
