using System.Text.Json.Nodes;
using DdpmJobs.GpuRunner.Metrics;
using DdpmJobs.GpuRunner.Slots;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Sees one claimed job to an end, and is the one place that turns endings into states.</summary>
public sealed class RunExecutor(
    IDbContextFactory<TrackingDb> contexts,
    JobQueue queue,
    MetricStore metrics,
    ArtifactStore artifacts,
    TrainAttempt train,
    EvaluateAttempt evaluate,
    SampleAttempt sample,
    StoreWait wait,
    RunnerOptions options,
    LeaseOptions leases,
    TimeProvider clock,
    ILogger<RunExecutor> log)
{
    /// <summary>Does the work of a lease and writes how it ended.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="slot">Where it runs.</param>
    /// <param name="shutdown">The runner stops: checkpoint and hand the job back.</param>
    /// <returns>What became of it; never throws for what the job or the store did.</returns>
    public async Task<AttemptOutcome> ExecuteAsync(Lease lease, Slot slot, CancellationToken shutdown)
    {
        using IDisposable? scope = log.BeginScope(new Dictionary<string, object> { ["Run"] = lease.RunId, ["Job"] = lease.JobId, ["Attempt"] = lease.Fence });
        log.AttemptBegins(lease.Kind, lease.JobId, slot.Device, lease.Fence);
        using AttemptStop stop = new(shutdown);

        // Storing what the work left may outlast the request to stop, but not for ever.
        using CancellationTokenSource deadline = new(Timeout.InfiniteTimeSpan, clock);
        using CancellationTokenRegistration grace = stop.Token.Register(() => deadline.CancelAfter(options.ShutdownGrace));
        try
        {
            (AttemptEnding Ending, string? RunnerFailure)? end = await EndingOfAsync(lease, slot, stop, deadline.Token);
            if (end is null || stop.IsLost)
            {
                log.AttemptLost(lease.Kind, lease.JobId, lease.Fence);
                return AttemptOutcome.Abandoned;
            }

            return await EndAsync(lease, end.Value.Ending, end.Value.RunnerFailure, deadline.Token);
        }
        catch (StaleFenceException)
        {
            log.AttemptLost(lease.Kind, lease.JobId, lease.Fence);
            return AttemptOutcome.Abandoned;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            log.AttemptNotHandedBack(lease.Kind, lease.JobId);
            return AttemptOutcome.Abandoned;
        }
        catch (Exception error)
        {
            // The store refused the ending itself. The slot must live on; the lease runs out and the reconciler takes the job back.
            log.AttemptFailed(error, lease.Kind, lease.JobId, lease.Fence);
            return new AttemptOutcome(null, error.Message, []);
        }
    }

    // The ladder. Null means that the lease is gone and nothing may be written.
    private async Task<(AttemptEnding Ending, string? RunnerFailure)?> EndingOfAsync(Lease lease, Slot slot, AttemptStop stop, CancellationToken deadline)
    {
        try
        {
            AttemptEnding.Succeeded? completed = await WorkAsync(lease, slot, stop, deadline);
            return completed is not null && stop.Fault is null ? (completed, null) : EndingOfStop(lease, stop);
        }
        catch (Exception error) when (stop.IsLost || error is StaleFenceException)
        {
            return null;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return EndingOfStop(lease, stop);
        }
        catch (SpecException error)
        {
            log.AttemptFailed(error, lease.Kind, lease.JobId, lease.Fence);
            return (new AttemptEnding.Failed(error.Message, error.ToString(), Retryable: false), null);
        }
        catch (DivergedException error)
        {
            return (await DivergedAsync(lease, error, deadline), null);
        }
        catch (Exception error) when (DeviceMemory.IsExhausted(error))
        {
            log.AttemptFailed(error, lease.Kind, lease.JobId, lease.Fence);
            bool again = !await RanOutBeforeAsync(lease, deadline);
            return (new AttemptEnding.Failed(DeviceMemory.Sentence(slot.Device), error.ToString(), again), null);
        }
        catch (Exception error) when (StoreOutage.IsCauseOf(error))
        {
            return (new AttemptEnding.HandedBack($"The store was away: {error.Message}"), null);
        }
        catch (Exception error)
        {
            log.AttemptFailed(error, lease.Kind, lease.JobId, lease.Fence);
            return (new AttemptEnding.Failed(error.Message, error.ToString(), Retryable: true), error.Message);
        }
    }

    private (AttemptEnding Ending, string? RunnerFailure)? EndingOfStop(Lease lease, AttemptStop stop)
    {
        if (stop.IsLost)
        {
            return null;
        }

        if (stop.Fault is { } fault)
        {
            log.AttemptFailed(fault, lease.Kind, lease.JobId, lease.Fence);
            return (new AttemptEnding.Failed(fault.Message, fault.ToString(), Retryable: true), fault.Message);
        }

        return stop.Asked is not null ? (new AttemptEnding.Stopped(), null)
            : stop.IsShutdown ? (new AttemptEnding.HandedBack($"runner {lease.RunnerName} shuts down"), null)
            : throw new InvalidOperationException("The work ended early although nobody asked it to.");
    }

    private async Task<AttemptEnding.Succeeded?> WorkAsync(Lease lease, Slot slot, AttemptStop stop, CancellationToken deadline)
    {
        // Keep the lease from the first moment: reading the spec and verifying a checkpoint may take long.
        AttemptProgress progress = new();
        await using LeaseKeeper keeper = new(
            (report, cancel) => queue.HeartbeatAsync(lease, report, cancel), progress, stop, leases.Heartbeat, options.ReportEvery, clock, log);
        using WorkFolder folder = WorkFolder.Of(options.WorkFolder, lease);
        await using MetricPump pump = new(
            (batches, cancel) => metrics.AppendAsync(lease, batches, cancel),
            new MetricSpool(Path.Combine(folder.Path, "metrics.jsonl")), stop, options.ReportEvery, clock, log);
        AttemptContext attempt = new()
        {
            Lease = lease,
            Spec = await SpecOfAsync(lease, stop.Token),
            Device = slot.Device,
            EnvironmentJson = AttemptEnvironment.Json(slot.Device, options.ThreadsPerSlot),
            Folder = folder.Path,
            Stop = stop,
            Deadline = deadline,
            Progress = progress,
            Pump = pump,
        };

        // Work; the points of an attempt that diverged or broke are stored like any other's.
        try
        {
            return await DoAsync(attempt);
        }
        finally
        {
            if (!stop.IsLost && stop.Fault is null)
            {
                await pump.FlushAsync(deadline);
            }
        }
    }

    private async Task<AttemptEnding.Succeeded?> DoAsync(AttemptContext attempt)
    {
        switch (attempt.Lease.Kind)
        {
            case JobKind.Train:
                return await train.RunAsync(attempt);
            case JobKind.Evaluate:
                await evaluate.RunAsync(attempt);
                return new AttemptEnding.Succeeded();
            default:
                await sample.RunAsync(attempt);
                return new AttemptEnding.Succeeded();
        }
    }

    private async Task<RunSpec> SpecOfAsync(Lease lease, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        string spec = await db.Runs.Where(run => run.Id == lease.RunId).Select(run => run.Spec).SingleAsync(cancel);
        return SpecJson.Read<RunSpec>(JsonNode.Parse(spec));
    }

    private async Task<AttemptEnding> DivergedAsync(Lease lease, DivergedException error, CancellationToken cancel)
    {
        Artifact? good = null;
        await wait.OutlastAsync(async inner => good = await artifacts.LatestCheckpointAsync(lease.RunId, inner), cancel);
        return DivergenceDetail.EndingOf(error.Divergence, good);
    }

    private async Task<bool> RanOutBeforeAsync(Lease lease, CancellationToken cancel)
    {
        bool before = false;
        await wait.OutlastAsync(
            async inner =>
            {
                await using TrackingDb db = await contexts.CreateDbContextAsync(inner);
                List<string?> errors = await db.Attempts
                    .Where(attempt => attempt.JobId == lease.JobId && attempt.Fence < lease.Fence).Select(attempt => attempt.Error).ToListAsync(inner);
                before = errors.Any(DeviceMemory.IsExhausted);
            },
            cancel);
        return before;
    }

    // The store may be away just now; what the work achieved waits for it, since the checkpoint and the points are there already.
    private async Task<AttemptOutcome> EndAsync(Lease lease, AttemptEnding ending, string? runnerFailure, CancellationToken deadline)
    {
        AttemptOutcome outcome = AttemptOutcome.Abandoned;
        await wait.OutlastAsync(
            async cancel =>
            {
                (JobState state, IReadOnlyList<JobOffer> ready) = await queue.EndAsync(lease, ending, cancel);
                log.AttemptEnded(lease.Kind, lease.JobId, lease.Fence, ending.GetType().Name, state);
                outcome = new AttemptOutcome(ending, runnerFailure, ready);
            },
            deadline);
        return outcome;
    }
}
