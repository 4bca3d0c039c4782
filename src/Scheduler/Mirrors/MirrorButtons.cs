using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Hangfire.Common;
using Hangfire.States;
using Microsoft.EntityFrameworkCore;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Mirrors;

/// <summary>Makes the dashboard's stock buttons work through on mirrors: <i>Requeue</i> is a retry or a refusal with its reason, <i>Delete</i> stops the job. Hangfire never moves a mirror by itself.</summary>
public sealed class MirrorButtons(IDbContextFactory<TrackingDb> contexts, JobRequests requests) : IElectStateFilter, IJobFilterProvider
{
    /// <summary>The name under which clicks stand in the event log.</summary>
    public const string Actor = "dashboard";

    /// <summary>How the reason of a refusal begins.</summary>
    public const string Refused = "refused: ";

    /// <inheritdoc />
    public IEnumerable<JobFilter> GetFilters(Hangfire.Common.Job job)
        // Last of all filters: what a filter after this one elects would go by unseen.
        => job?.Type == typeof(JobMirror) ? [new JobFilter(this, JobFilterScope.Method, int.MaxValue)] : [];

    /// <inheritdoc />
    public void OnStateElection(ElectStateContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.BackgroundJob.Job?.Type != typeof(JobMirror) || context.CandidateState is MirrorState)
        {
            return;
        }

        // Hangfire's filters are synchronous, and no synchronisation context waits here.
        context.CandidateState = ElectAsync((Guid)context.BackgroundJob.Job.Args[0], context.CandidateState).GetAwaiter().GetResult();
    }

    private async Task<IState> ElectAsync(Guid jobId, IState candidate)
    {
        // Ask for what the button means.
        RequestResult? result = candidate switch
        {
            EnqueuedState => await requests.RetryAsync(jobId, Actor, CancellationToken.None),
            DeletedState => await requests.CancelAsync(jobId, Actor, CancellationToken.None),
            _ => null,
        };
        string note = result switch
        {
            null => $"{Refused}a mirror does not become {candidate.Name}; it follows its job",
            { Accepted: false } => $"{Refused}{result.Message}",
            _ => result.Message,
        };

        // Show the job as it is after that; a mirror whose job is gone may go too.
        await using TrackingDb db = await contexts.CreateDbContextAsync(CancellationToken.None);
        Job? job = await db.Jobs.AsNoTracking().SingleOrDefaultAsync(j => j.Id == jobId);
        if (job is null)
        {
            return candidate is DeletedState ? candidate : new DeletedState { Reason = "its job is not in the store" };
        }

        string runner = await db.Runners.Where(r => r.Id == job.RunnerId).Select(r => r.Name).SingleOrDefaultAsync() ?? "";
        return MirrorState.Of(job, runner, note);
    }
}
