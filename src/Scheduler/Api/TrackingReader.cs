using DdpmJobs.Scheduler.Pictures;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Runners;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Scheduler.Api;

/// <summary>Reads the store into what API and dashboard show.</summary>
public sealed class TrackingReader(IDbContextFactory<TrackingDb> contexts, MetricStore metrics, SweepGrids grids)
{
    /// <summary>Finds a sweep by its id, an unambiguous beginning of it (6 digits or more), or its name (the newest of that name).</summary>
    /// <returns>The id, or null and one sentence.</returns>
    public async Task<(Guid? Id, string Problem)> FindSweepAsync(string text, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(text);
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        if (Guid.TryParse(text, out Guid id))
        {
            return await db.Sweeps.AnyAsync(s => s.Id == id, cancel) ? (id, "") : (null, $"There is no sweep {id}.");
        }

        // UUIDs have no prefix search that both databases share; sweeps are few.
        var all = await db.Sweeps.Select(s => new { s.Id, s.Name, s.SubmittedAt }).ToListAsync(cancel);
        if (all.Where(s => s.Name == text).OrderByDescending(s => s.SubmittedAt).ThenByDescending(s => s.Id).FirstOrDefault() is { } named)
        {
            return (named.Id, "");
        }

        string digits = text.Replace("-", "", StringComparison.Ordinal);
        List<Guid> begun = digits.Length >= 6 ? [.. all.Where(s => s.Id.ToString("N").StartsWith(digits, StringComparison.OrdinalIgnoreCase)).Select(s => s.Id)] : [];
        return begun.Count switch
        {
            1 => (begun[0], ""),
            0 => (null, $"There is no sweep '{text}': give its id, the first 6 or more digits of it, or its name."),
            _ => (null, $"{begun.Count} sweeps begin with '{text}': give more digits."),
        };
    }

    /// <summary>The newest sweeps.</summary>
    public async Task<IReadOnlyList<SweepSummary>> SweepsAsync(int limit, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        return await SummariesAsync(db, db.Sweeps.AsNoTracking().OrderByDescending(s => s.SubmittedAt).ThenByDescending(s => s.Id).Take(limit), cancel);
    }

    /// <summary>A sweep with its runs; null when there is none.</summary>
    public async Task<SweepDetail?> SweepAsync(Guid id, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        SweepSummary? summary = (await SummariesAsync(db, db.Sweeps.AsNoTracking().Where(s => s.Id == id), cancel)).SingleOrDefault();
        if (summary is null)
        {
            return null;
        }

        IReadOnlyList<RunDetail> runs = await RunsAsync(db, id, null, cancel);
        List<Artifact> files = await db.Artifacts.AsNoTracking().Where(a => a.SweepId == id && a.RunId == null).ToListAsync(cancel);
        return new SweepDetail(summary, runs, [.. files.OrderBy(a => a.CreatedAt).ThenBy(a => a.Id).Select(Views.Of)], await grids.IsExpectedAsync(db, id, cancel));
    }

    /// <summary>A run; null when there is none.</summary>
    public async Task<RunDetail?> RunAsync(Guid id, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        Guid sweepId = await db.Runs.Where(r => r.Id == id).Select(r => r.SweepId).SingleOrDefaultAsync(cancel);
        return sweepId == Guid.Empty ? null : (await RunsAsync(db, sweepId, id, cancel)).SingleOrDefault();
    }

    /// <summary>A job with its history; null when there is none.</summary>
    public async Task<JobDetail?> JobAsync(Guid id, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        Job? job = await db.Jobs.AsNoTracking().SingleOrDefaultAsync(j => j.Id == id, cancel);
        if (job is null)
        {
            return null;
        }

        List<Attempt> attempts = await db.Attempts.AsNoTracking().Where(a => a.JobId == id).OrderBy(a => a.Fence).ToListAsync(cancel);
        List<JobEvent> events = await db.JobEvents.AsNoTracking().Where(e => e.JobId == id).OrderBy(e => e.Id).ToListAsync(cancel);
        Dictionary<Guid, string> names = await RunnerNamesAsync(db, [.. attempts.Select(a => a.RunnerId), .. job.RunnerId is { } r ? new[] { r } : []], cancel);
        return new JobDetail(Views.Of(job, names), job.SweepId, job.RunId, [.. attempts.Select(a => Views.Of(a, names))], [.. events.Select(Views.Of)]);
    }

    /// <summary>The newest failed jobs, each with what people call it and the sweep's and the run's name.</summary>
    public async Task<IReadOnlyList<(JobView Job, string Name, Guid RunId, string Sweep, string Run)>> FailedJobsAsync(int limit, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        var failed = await db.Jobs.AsNoTracking().Where(j => j.State == JobState.Failed).OrderByDescending(j => j.StateChangedAt).Take(limit)
            .Select(j => new { Job = j, Shards = db.Jobs.Count(o => o.RunId == j.RunId && o.Shard != null), Run = j.Run!.Name, Sweep = j.Run.Sweep!.Name }).ToListAsync(cancel);
        Dictionary<Guid, string> names = await RunnerNamesAsync(db, [.. failed.Select(f => f.Job.RunnerId ?? Guid.Empty)], cancel);
        return [.. failed.Select(f => (Views.Of(f.Job, names), JobName.Of(Views.Name(f.Job.Kind), f.Job.Shard, f.Shards), f.Job.RunId, f.Sweep, f.Run))];
    }

    /// <summary>All runners, the newest sign of life first.</summary>
    public async Task<IReadOnlyList<RunnerView>> RunnersAsync(CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        List<Runner> runners = await db.Runners.AsNoTracking().OrderByDescending(r => r.SeenAt).ToListAsync(cancel);
        var held = await db.Jobs.Where(j => j.State == JobState.Running || j.State == JobState.Stopping).Select(j => j.RunnerId).ToListAsync(cancel);
        return [.. runners.Select(r => Views.Of(r, held.Count(h => h == r.Id)))];
    }

    private async Task<IReadOnlyList<RunDetail>> RunsAsync(TrackingDb db, Guid sweepId, Guid? only, CancellationToken cancel)
    {
        // Read every kind of row once for all runs.
        List<Run> runs = await db.Runs.AsNoTracking().Where(r => r.SweepId == sweepId && (only == null || r.Id == only)).OrderBy(r => r.Index).ToListAsync(cancel);
        List<Guid> ids = [.. runs.Select(r => r.Id)];
        List<Job> jobs = await db.Jobs.AsNoTracking().Where(j => ids.Contains(j.RunId)).ToListAsync(cancel);
        List<Guid> jobIds = [.. jobs.Select(j => j.Id)];
        List<Attempt> resumed = await db.Attempts.AsNoTracking().Where(a => jobIds.Contains(a.JobId) && a.ResumedAtStep > 0).OrderBy(a => a.Fence).ToListAsync(cancel);
        List<Evaluation> evaluations = await db.Evaluations.AsNoTracking().Where(e => ids.Contains(e.RunId)).ToListAsync(cancel);

        // The files of an evaluation's parts are of interest only until they are put together.
        List<Artifact> files = await db.Artifacts.AsNoTracking()
            .Where(a => a.SweepId == sweepId && a.RunId != null && (a.Kind != ArtifactStore.ShardKind || a.DroppedAt == null)).ToListAsync(cancel);
        List<JobEvent> notes = await db.JobEvents.AsNoTracking()
            .Where(e => (e.FromState == e.ToState || (e.ToState == JobState.Succeeded && e.Reason != "")) && db.Jobs.Any(j => j.Id == e.JobId && j.SweepId == sweepId)).OrderBy(e => e.Id).ToListAsync(cancel);
        ILookup<Guid, (string Name, MetricPoint Point, string? ProtocolDigest)> last = await metrics.LastOfSweepAsync(sweepId, cancel);
        Dictionary<Guid, string> names = await RunnerNamesAsync(db, [.. jobs.Select(j => j.RunnerId ?? Guid.Empty)], cancel);

        // Put them together.
        return
        [
            .. runs.Select(r => new RunDetail(
                r.Id, r.SweepId, r.Index, r.Name, Views.Object(r.Axes), r.SpecHash, only is null ? null : Views.Object(r.Spec),
                [.. jobs.Where(j => j.RunId == r.Id).OrderBy(j => j.Kind).ThenBy(j => j.Shard ?? int.MaxValue).Select(j => Views.Of(j, names))],
                last[r.Id].OrderBy(m => m.Name, StringComparer.Ordinal).ToDictionary(m => m.Name, m => new PointView(m.Point.Step, m.Point.Value, m.ProtocolDigest)),
                [.. evaluations.Where(e => e.RunId == r.Id).OrderBy(e => e.CreatedAt).ThenBy(e => e.Id).Select(Views.Of)],
                [.. files.Where(a => a.RunId == r.Id).OrderBy(a => a.CreatedAt).ThenBy(a => a.Id).Select(Views.Of)],
                only is null ? null : Views.Object(r.Provenance),
                [
                    .. notes.Select(e => (Note: e, Job: jobs.Find(j => j.Id == e.JobId && j.RunId == r.Id))).Where(n => n.Job is not null)
                        .Select(n => $"{(n.Job!.Shard is { } shard ? $"evaluation of shard {shard + 1}, " : "")}attempt {n.Note.Fence}: {n.Note.Reason}"),
                    .. resumed.Where(a => jobs.Exists(j => j.Id == a.JobId && j.RunId == r.Id)).Select(AttemptNote.Of).OfType<string>(),
                ])),
        ];
    }

    private static async Task<IReadOnlyList<SweepSummary>> SummariesAsync(TrackingDb db, IQueryable<Sweep> which, CancellationToken cancel)
    {
        var sweeps = await which.Select(s => new { s.Id, s.Name, s.SubmittedBy, s.SubmittedAt, Runs = s.Runs.Count }).ToListAsync(cancel);
        List<Guid> ids = [.. sweeps.Select(s => s.Id)];
        var counts = await db.Jobs.Where(j => ids.Contains(j.SweepId)).GroupBy(j => new { j.SweepId, j.State })
            .Select(g => new { g.Key.SweepId, g.Key.State, Count = g.Count() }).ToListAsync(cancel);
        return
        [
            .. sweeps.Select(s =>
            {
                Dictionary<JobState, int> jobs = counts.Where(c => c.SweepId == s.Id).OrderBy(c => c.State).ToDictionary(c => c.State, c => c.Count);
                return new SweepSummary(
                    s.Id, s.Name, Views.SweepState(jobs.Keys), s.SubmittedBy, Views.Utc(s.SubmittedAt), s.Runs, jobs.ToDictionary(j => Views.Name(j.Key), j => j.Value));
            }),
        ];
    }

    private static Task<Dictionary<Guid, string>> RunnerNamesAsync(TrackingDb db, HashSet<Guid> ids, CancellationToken cancel)
        => db.Runners.Where(r => ids.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.Name, cancel);
}
