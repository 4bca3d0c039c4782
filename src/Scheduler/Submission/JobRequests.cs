using DdpmJobs.Scheduler.Offers;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Scheduler.Submission;

/// <summary>What a person may ask of jobs: to stop, to try again. The same for API, dashboard and command line.</summary>
public sealed class JobRequests(IDbContextFactory<TrackingDb> contexts, JobQueue queue, OfferSender offers)
{
    /// <summary>Stops a job: at once when no runner has it, else within a heartbeat.</summary>
    public Task<RequestResult> CancelAsync(Guid jobId, string actor, CancellationToken cancel) => queue.RequestStopAsync(jobId, StopReason.Cancel, actor, cancel);

    /// <summary>Tries a failed or cancelled job again and offers it.</summary>
    public async Task<RequestResult> RetryAsync(Guid jobId, string actor, CancellationToken cancel)
    {
        RequestResult result = await queue.RetryAsync(jobId, actor, cancel);
        if (result.Accepted)
        {
            await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
            offers.Send(await db.Jobs.Where(j => j.Id == jobId && j.State == JobState.Ready).Select(j => new JobOffer(j.Id, j.Kind, j.Pool)).ToListAsync(cancel));
        }

        return result;
    }

    /// <summary>Stops every job of a sweep that is not final.</summary>
    /// <returns>Jobs that were asked or stopped.</returns>
    public async Task<int> CancelSweepAsync(Guid sweepId, string actor, CancellationToken cancel)
    {
        // Dependants first: a cancelled training would only skip them, and a retry could not tell that a person stopped them.
        List<Guid> jobs = await JobsAsync(sweepId, [JobState.Blocked, JobState.Ready, JobState.Running], cancel);
        jobs.Reverse();
        return await CountAsync(jobs, id => CancelAsync(id, actor, cancel));
    }

    /// <summary>Tries every failed or cancelled job of a sweep again.</summary>
    /// <returns>Jobs taken back.</returns>
    public async Task<int> RetrySweepAsync(Guid sweepId, string actor, CancellationToken cancel)
        => await CountAsync(await JobsAsync(sweepId, [JobState.Failed, JobState.Cancelled], cancel), id => RetryAsync(id, actor, cancel));

    private async Task<List<Guid>> JobsAsync(Guid sweepId, JobState[] states, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        var jobs = await db.Jobs.Where(j => j.SweepId == sweepId && states.Contains(j.State)).Select(j => new { j.Id, j.Kind, j.Shard }).ToListAsync(cancel);

        // Along the graph: the job that puts the parts of an evaluation together comes after them.
        return [.. jobs.OrderBy(j => j.Kind).ThenBy(j => j.Shard ?? int.MaxValue).ThenBy(j => j.Id).Select(j => j.Id)];
    }

    private static async Task<int> CountAsync(List<Guid> jobs, Func<Guid, Task<RequestResult>> request)
    {
        int accepted = 0;
        foreach (Guid id in jobs)
        {
            accepted += (await request(id)).Accepted ? 1 : 0;
        }

        return accepted;
    }
}
