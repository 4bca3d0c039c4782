using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Sweeps;

/// <summary>Stores submitted sweeps.</summary>
public sealed class SweepStore(IDbContextFactory<TrackingDb> contexts)
{
    /// <summary>Stores a sweep, its runs and their jobs (train, then evaluate, perhaps in parts, and sample) in one transaction; a sweep with the same hash is found instead.</summary>
    /// <exception cref="CheckpointNotAdoptedException">A run has a checkpoint to begin with, but the sweep was there before without it, or the content is not in the store.</exception>
    /// <returns>The sweep's id, whether it is new, and the jobs that are ready to be offered (all ready ones when it was there already).</returns>
    public async Task<(Guid SweepId, bool Created, IReadOnlyList<JobOffer> Ready)> SubmitAsync(SweepDraft draft, string provenanceJson, CancellationToken cancel)
    {
        if (await FindAsync(draft, cancel) is Guid found)
            return (found, false, await ReadyOfAsync(found, cancel));
        try
        {
            (Guid id, IReadOnlyList<JobOffer> ready) = await InsertAsync(draft, provenanceJson, cancel);
            return (id, true, ready);
        }
        catch (DbUpdateException)
        {
            // Somebody else may have submitted the same sweep in this moment; the unique key on the hash let one of us through.
            if (await FindAsync(draft, cancel) is Guid theirs)
                return (theirs, false, await ReadyOfAsync(theirs, cancel));
            throw;
        }
    }

    private async Task<Guid?> FindAsync(SweepDraft draft, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        Guid? id = await db.Sweeps.Where(sweep => sweep.SpecHash == draft.SpecHash).Select(sweep => (Guid?)sweep.Id).SingleOrDefaultAsync(cancel);

        // A run that began otherwise stays what it is: somebody may be training it just now.
        for (int i = 0; id is not null && i < draft.Runs.Count; i++)
        {
            int index = i;
            if (draft.Runs[i].Checkpoint is { } adopted
                && !await db.Artifacts.AnyAsync(a => a.Sha256 == adopted.Sha256 && db.Runs.Any(r => r.Id == a.RunId && r.SweepId == id && r.Index == index), cancel))
            {
                throw new CheckpointNotAdoptedException($"The sweep {draft.Name} is there already, and its run {index} did not begin with the checkpoint {adopted.Sha256[..12]}; give the sweep another name to submit it with the checkpoint.");
            }
        }

        return id;
    }

    private async Task<IReadOnlyList<JobOffer>> ReadyOfAsync(Guid sweepId, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        return await db.Jobs.Where(job => job.SweepId == sweepId && job.State == JobState.Ready).OrderBy(job => job.Ordinal)
            .Select(job => new JobOffer(job.Id, job.Kind, job.Pool)).ToListAsync(cancel);
    }

    private async Task<(Guid SweepId, IReadOnlyList<JobOffer> Ready)> InsertAsync(SweepDraft draft, string provenanceJson, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        var sweep = new Sweep
        {
            Id = Guid.CreateVersion7(),
            Name = draft.Name,
            SpecHash = draft.SpecHash,
            Source = draft.Source,
            SubmittedBy = draft.SubmittedBy,
            SubmittedAt = change.Now,
            Pool = draft.Pool,
        };
        change.Db.Sweeps.Add(sweep);
        for (int i = 0; i < draft.Runs.Count; i++)
        {
            Run run = AddRun(change, sweep, i, draft.Runs[i], provenanceJson);
            if (draft.Runs[i].Checkpoint is { } adopted)
                await AdoptAsync(change, run, adopted, cancel);
        }

        await change.CommitAsync(cancel);
        return (sweep.Id, change.Ready);
    }

    // In the transaction of the submission, so that no runner can begin the run without it.
    private static async Task AdoptAsync(JobChange change, Run run, AdoptedCheckpoint adopted, CancellationToken cancel)
    {
        if (!await ArtifactStore.RenewAsync(change, adopted.Sha256, cancel))
            throw new CheckpointNotAdoptedException($"The checkpoint {adopted.Sha256} is not in the artifact store; upload it again.");
        change.Db.Artifacts.Add(new Artifact
        {
            Id = Guid.CreateVersion7(),
            SweepId = run.SweepId,
            RunId = run.Id,
            Kind = CheckpointKinds.Newest,
            Name = $"step-{adopted.Step:D8}.safetensors",
            Sha256 = adopted.Sha256,
            Step = adopted.Step,
            CreatedAt = change.Now,
        });
        JsonObject provenance = JsonNode.Parse(run.Provenance)!.AsObject();
        JsonObject checkpoint = new() { ["sha256"] = adopted.Sha256, ["step"] = adopted.Step };
        foreach ((string name, string text) in adopted.Origin.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            checkpoint[name] = text;
        provenance["began_with"] = checkpoint;
        run.Provenance = provenance.ToJsonString();
    }

    private static Run AddRun(JobChange change, Sweep sweep, int index, RunDraft draft, string provenanceJson)
    {
        JsonNode spec = SpecJson.Write(draft.Spec);
        var run = new Run
        {
            Id = Guid.CreateVersion7(),
            SweepId = sweep.Id,
            Index = index,
            Name = draft.Name,
            Axes = draft.AxesJson,
            Spec = spec.ToJsonString(),
            SpecHash = SpecJson.Hash(draft.Spec),
            Seed = draft.Spec.Seed,
            Provenance = provenanceJson,
        };
        change.Db.Runs.Add(run);

        // Training first; what needs its result waits. An evaluation in parts is put together when the last of them is there.
        Job train = AddJob(change, sweep, run, JobKind.Train, null, []);
        if (draft.Spec.Evaluation.Metrics.Count > 0)
        {
            Job[] shards = [.. Enumerable.Range(0, draft.Spec.Evaluation.ShardJobs).Select(shard => AddJob(change, sweep, run, JobKind.Evaluate, shard, [train]))];
            AddJob(change, sweep, run, JobKind.Evaluate, null, shards.Length > 0 ? shards : [train]);
        }

        if (draft.Spec.Sampling.Count > 0)
            AddJob(change, sweep, run, JobKind.Sample, null, [train]);
        return run;
    }

    private static Job AddJob(JobChange change, Sweep sweep, Run run, JobKind kind, int? shard, IReadOnlyList<Job> dependsOn)
    {
        var job = new Job
        {
            Id = Guid.CreateVersion7(),
            SweepId = sweep.Id,
            RunId = run.Id,
            Kind = kind,
            Shard = shard,
            State = dependsOn.Count == 0 ? JobState.Ready : JobState.Blocked,
            Pool = sweep.Pool,
            Ordinal = run.Index,
            UnmetDependencies = dependsOn.Count,
            AvailableAt = change.Now,
            StateChangedAt = change.Now,
            CreatedAt = change.Now,
            ProgressUnit = kind == JobKind.Train ? "steps" : "evaluations",
        };
        change.Db.Jobs.Add(job);
        change.Db.JobEvents.Add(new JobEvent { JobId = job.Id, ToState = job.State, Actor = sweep.SubmittedBy, Reason = "submitted", At = change.Now });
        if (dependsOn.Count == 0)
            change.Ready.Add(new JobOffer(job.Id, kind, job.Pool));
        foreach (Job dependency in dependsOn)
            change.Db.JobDependencies.Add(new JobDependency { JobId = job.Id, DependsOnId = dependency.Id });
        return job;
    }
}
