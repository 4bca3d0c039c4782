using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace DdpmJobs.Tracking.Jobs;

/// <summary>One transaction on jobs: locks rows, reads the database's clock once, and moves states together with their events.</summary>
internal sealed class JobChange : IAsyncDisposable
{
    private readonly IDbContextTransaction _transaction;

    private JobChange(TrackingDb db, IDbContextTransaction transaction, DateTime now)
    {
        Db = db;
        Now = now;
        _transaction = transaction;
    }

    /// <summary>The context of the transaction.</summary>
    public TrackingDb Db { get; }

    /// <summary>The database's clock, UTC.</summary>
    public DateTime Now { get; }

    /// <summary>Jobs that became ready.</summary>
    public List<JobOffer> Ready { get; } = [];

    /// <summary>Begins; on SQLite this takes the write lock.</summary>
    public static async Task<JobChange> BeginAsync(IDbContextFactory<TrackingDb> contexts, CancellationToken cancel)
    {
        TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        try
        {
            IDbContextTransaction transaction = await db.Database.BeginTransactionAsync(cancel);
            return new JobChange(db, transaction, await db.Dialect.NowAsync(db, cancel));
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loads a job and locks its row.</summary>
    public Task<Job?> LockAsync(Guid jobId, CancellationToken cancel)
    {
        string sql = "select * from job where id = {0}" + Db.Dialect.ForUpdate;
        return Db.Jobs.FromSqlRaw(sql, jobId).AsTracking().SingleOrDefaultAsync(cancel);
    }

    /// <summary>Loads and locks the job of a lease.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public async Task<Job> LockHeldAsync(Lease lease, CancellationToken cancel)
    {
        Job? job = await LockAsync(lease.JobId, cancel);
        return job is not null && job.Fence == lease.Fence && job.State.IsHeld() ? job : throw new StaleFenceException(lease);
    }

    /// <summary>Moves a locked job and records it.</summary>
    /// <returns>False when the move is illegal; nothing is changed then.</returns>
    public bool TryMove(Job job, JobTrigger trigger, string actor, string reason)
    {
        if (JobTransitions.Next(job.State, trigger, job.StopReason) is not JobState next)
            return false;
        Db.JobEvents.Add(new JobEvent { JobId = job.Id, Fence = job.Fence, FromState = job.State, ToState = next, Actor = actor, Reason = reason, At = Now });
        job.State = next;
        job.StateChangedAt = Now;

        // Keep the columns that the state implies.
        job.EndedAt = next.IsFinal() ? Now : null;
        if (!next.IsHeld())
            job.LeaseUntil = null;
        if (next is JobState.Ready or JobState.Blocked)
            job.StopReason = null;
        if (next == JobState.Ready)
            Ready.Add(new JobOffer(job.Id, job.Kind, job.Pool));
        return true;
    }

    /// <summary>Lets a final state take effect on the jobs that wait for this one.</summary>
    public async Task SettleDependantsAsync(Job job, CancellationToken cancel)
    {
        if (!job.State.IsFinal())
            return;
        foreach (Job dependant in await LockDependantsAsync(job.Id, cancel))
        {
            if (job.State == JobState.Succeeded)
            {
                if (dependant.UnmetDependencies > 0 && --dependant.UnmetDependencies == 0)
                {
                    dependant.AvailableAt = Now;
                    TryMove(dependant, JobTrigger.DependenciesMet, "scheduler", "all it waited for succeeded");
                }
            }
            else if (TryMove(dependant, JobTrigger.DependencyLost, "scheduler", $"{Name(job)} ended as {Word(job.State)}"))
            {
                await SettleDependantsAsync(dependant, cancel);
            }
        }
    }

    /// <summary>Makes the jobs that wait for a retried one wait again, but for those that wait for another that ended without success too: they come back with the last of these.</summary>
    public async Task BlockDependantsAsync(Job job, string actor, CancellationToken cancel)
    {
        foreach (Job dependant in await LockDependantsAsync(job.Id, cancel))
        {
            // Whoever ends the others must lock the dependant after them, so what is read here holds, or they will see that it waits.
            List<Job> others = await Db.Jobs.AsTracking().Where(other => Db.JobDependencies.Any(edge => edge.JobId == dependant.Id && edge.DependsOnId == other.Id)).ToListAsync(cancel);
            if (!others.Exists(IsLost) && TryMove(dependant, JobTrigger.DependencyRetried, actor, $"{Name(job)} is tried again"))
                await BlockDependantsAsync(dependant, actor, cancel);
        }
    }

    /// <summary>Whether a job waits for one that ended without success; locks what it waits for, so that the answer holds until the commit.</summary>
    public async Task<bool> HasLostDependencyAsync(Guid jobId, CancellationToken cancel)
    {
        string sql = "select j.* from job j where j.id in (select d.depends_on_id from job_dependency d where d.job_id = {0}) order by j.id" + Db.Dialect.ForUpdate;
        List<Job> dependencies = await Db.Jobs.FromSqlRaw(sql, jobId).AsTracking().ToListAsync(cancel);
        return dependencies.Exists(IsLost);
    }

    /// <summary>Loads the attempt of a claim.</summary>
    public Task<Attempt> AttemptAsync(Guid jobId, int fence, CancellationToken cancel) =>
        Db.Attempts.AsTracking().SingleAsync(attempt => attempt.JobId == jobId && attempt.Fence == fence, cancel);

    /// <summary>Writes everything and commits.</summary>
    public async Task CommitAsync(CancellationToken cancel)
    {
        await Db.SaveChangesAsync(cancel);
        await _transaction.CommitAsync(cancel);
    }

    /// <summary>A kind or state as it is written for people.</summary>
    public static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>A job as it is called for people, who count parts from one: <c>train job</c>, <c>evaluate job of shard 3</c>.</summary>
    public static string Name(Job job) => $"{Word(job.Kind)} job{(job.Shard is int shard ? $" of shard {shard + 1}" : "")}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await Db.DisposeAsync();
    }

    private static bool IsLost(Job job) => job.State.IsFinal() && job.State != JobState.Succeeded;

    // In the order of their ids, so that two changes never wait for each other crosswise.
    private Task<List<Job>> LockDependantsAsync(Guid jobId, CancellationToken cancel)
    {
        string sql = "select j.* from job j where j.id in (select d.job_id from job_dependency d where d.depends_on_id = {0}) order by j.id" + Db.Dialect.ForUpdate;
        return Db.Jobs.FromSqlRaw(sql, jobId).AsTracking().ToListAsync(cancel);
    }
}
