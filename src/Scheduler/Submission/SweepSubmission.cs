using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Offers;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Scheduler.Submission;

/// <summary>Takes a sweep's YAML to rows in the store and offers on the bus.</summary>
public sealed class SweepSubmission(IDbContextFactory<TrackingDb> contexts, SweepStore sweeps, ArtifactStore artifacts, OfferSender offers, ILogger<SweepSubmission> logger)
{
    /// <summary>Submits; the same sweep again is found, not repeated.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="fileName">Named in errors; not opened.</param>
    /// <param name="user">Recorded with the sweep.</param>
    /// <param name="checkpoints">Contents in the artifact store that runs begin with.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="SweepFileException">The text is wrong; nothing was written.</exception>
    /// <exception cref="Model.Specs.SpecException">A checkpoint belongs to no run; nothing was written.</exception>
    /// <exception cref="CheckpointNotAdoptedException">The sweep was there before without a checkpoint, or the content is not in the store.</exception>
    public async Task<SubmitReply> SubmitAsync(string yaml, string fileName, string user, IReadOnlyList<string> checkpoints, CancellationToken cancel)
    {
        SweepDraft draft = CheckpointAdoption.Adopt(SweepFile.Parse(yaml, fileName, user), [.. checkpoints.Select(sha256 => (sha256, PathOf(sha256)))]);
        (Guid sweepId, bool created, IReadOnlyList<JobOffer> ready) = await sweeps.SubmitAsync(draft, Provenance(), cancel);
        offers.Send(ready);

        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        int jobs = await db.Jobs.CountAsync(j => j.SweepId == sweepId, cancel);
        int runs = await db.Runs.CountAsync(r => r.SweepId == sweepId, cancel);
        if (created)
        {
            logger.Submitted(sweepId, draft.Name, user, runs, jobs);
        }

        return new SubmitReply(sweepId, created, runs, jobs, WarningsOf(draft));
    }

    /// <summary>What in a sweep's runs works, but perhaps not as meant.</summary>
    public static IReadOnlyList<WarningView> WarningsOf(SweepDraft draft)
        => [.. draft.Runs.SelectMany((run, index) => RunWarnings.Of(run.Spec).Select(warning => new WarningView(index, run.Name, warning.Path, warning.Message)))];

    private string PathOf(string sha256)
    {
        try
        {
            return artifacts.PathOf(sha256);
        }
        catch (Exception e) when (e is ArgumentException or FileNotFoundException)
        {
            throw new CheckpointNotAdoptedException($"There is no checkpoint {sha256} in the artifact store; upload it first.");
        }
    }

    /// <summary>What made the runs: program version, its commit when the build knew it, and the host's system, as JSON.</summary>
    public static string Provenance()
    {
        string version = typeof(SweepSubmission).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        string[] parts = version.Split('+', 2);
        var provenance = new JsonObject { ["program"] = "DdpmJobs", ["version"] = parts[0] };
        if (parts.Length > 1)
        {
            provenance["commit"] = parts[1];
        }

        provenance["submitted_on"] = RuntimeInformation.OSDescription;
        return provenance.ToJsonString();
    }
}
