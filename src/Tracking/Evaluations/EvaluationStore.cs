using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Evaluations;

/// <summary>Writes measured qualities.</summary>
public sealed class EvaluationStore(IDbContextFactory<TrackingDb> contexts)
{
    // Sentences are for people: ± stays ±.
    private static readonly JsonSerializerOptions Format = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Records a value of an attempt; repeating it changes nothing.</summary>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was written.</exception>
    public async Task AddAsync(Lease lease, MetricValue value, string checkpointSha256, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await change.LockHeldAsync(lease, cancel);
        bool there = await change.Db.Evaluations.AnyAsync(
            evaluation => evaluation.JobId == lease.JobId && evaluation.Fence == lease.Fence && evaluation.Metric == value.Name, cancel);
        if (there)
            return;

        change.Db.Evaluations.Add(new Evaluation
        {
            Id = Guid.CreateVersion7(),
            RunId = lease.RunId,
            JobId = lease.JobId,
            Fence = lease.Fence,
            Metric = value.Name,
            Value = value.Value,
            StandardError = value.StandardError,
            Unit = value.Unit,
            LowerIsBetter = value.LowerIsBetter,
            Protocol = SpecJson.Canonical(value.Protocol),
            ProtocolDigest = value.ProtocolDigest,
            Parts = JsonSerializer.Serialize(value.Parts, Format),
            Warnings = JsonSerializer.Serialize(value.Warnings, Format),
            CheckpointSha256 = checkpointSha256,
            CreatedAt = change.Now,
        });
        await change.CommitAsync(cancel);
    }
}
