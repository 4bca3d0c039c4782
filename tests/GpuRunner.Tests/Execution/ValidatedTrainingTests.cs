using System.Text.Json.Nodes;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.GpuRunner.Tests.Execution;

/// <summary>Real trainings that are validated, end early and keep checkpoints, through the executor and the store.</summary>
public sealed class ValidatedTrainingTests
{
    private const string Spec = """
        {
          "data": "optdigits",
          "process": { "timesteps": 8 },
          "network": { "kind": "ddpm_unet", "channels": 4, "multipliers": [1], "blocks": 1, "attention": [], "dropout": 0.1, "groups": 2 },
          "training": {
            "steps": 12, "batch_size": 8, "warmup_steps": 0, "log_every": 1, "optimizer": { "kind": "adam", "learning_rate": 0.005 },
            "checkpoints": { "keep_every": 5 },
            "validation": { "every": 3, "metrics": [{ "kind": "nll", "images": 8, "timesteps_per_image": 2 }] },
            "early_stop": { "metric": "nll", "patience": 2, "min_improvement": MARGIN }
          },
          "evaluation": { "metrics": [{ "kind": "nll", "images": 8, "timesteps_per_image": 2 }], "checkpoint": "CHOICE" },
          "sampling": { "count": 4, "sampler": { "kind": "ddim", "steps": 2 }, "checkpoint": "CHOICE" }
        }
        """;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("last")]
    [InlineData("best")]
    public async Task Execute_EndsEarly_SucceedsAndIsEvaluatedAndSampled(string choice)
    {
        // No improvement is by a million bits, so the first validation sets the mark, and the second and third do not beat it.
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunWork.OfModel(threads: 1));
        await runner.SubmitAsync(Text(margin: "1e6", choice));

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        AttemptEnding.Succeeded ending = Assert.IsType<AttemptEnding.Succeeded>(outcome.Ending);
        Assert.StartsWith("stopped early at step 9: validation/nll has not improved by more than 1000000 bits/dim in 2 validations", ending.Reason, StringComparison.Ordinal);
        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal((JobState.Succeeded, 9, 9), (job.State, job.ProgressDone, job.ProgressTotal));
        IReadOnlyList<MetricPoint> curve = await runner.CurveAsync(lease.RunId, "validation/nll");
        Assert.Equal([3L, 6, 9], curve.Select(point => point.Step));

        // Each checkpoint says what it is for.
        MetricPoint best = curve.MinBy(point => point.Value)!;
        IReadOnlyList<Artifact> there = [.. (await runner.ArtifactsAsync()).Where(artifact => artifact.DroppedAt is null)];
        Assert.Equal([5L], there.Where(artifact => artifact.Kind == CheckpointKinds.Kept).Select(artifact => artifact.Step!.Value));
        CheckpointSelection selected = there.Single(artifact => artifact.Kind == CheckpointKinds.Best).SelectedBy!;
        Assert.Equal(("nll", best.Value, best.Step), (selected.Metric, selected.Value, selected.Step));
        await using TrackingDb db = await runner.DbAsync();
        MetricProtocol protocol = await db.MetricProtocols.SingleAsync(Cancel);
        Assert.Equal(protocol.Digest, selected.ProtocolDigest);
        Assert.All(await db.MetricChunks.Where(chunk => db.Metrics.Any(metric => metric.Id == chunk.MetricId && metric.Name == "validation/nll")).ToListAsync(Cancel), chunk => Assert.Equal(protocol.Digest, chunk.ProtocolDigest));

        // What is measured afterwards is measured on the one that the spec chooses, and says so.
        Assert.IsType<AttemptEnding.Succeeded>((await runner.ClaimAndExecuteAsync(Cancel)).Outcome.Ending);
        Assert.IsType<AttemptEnding.Succeeded>((await runner.ClaimAndExecuteAsync(Cancel)).Outcome.Ending);
        Evaluation value = await db.Evaluations.SingleAsync(Cancel);
        Assert.Equal(choice == "best" ? $"best of validation/nll, protocol {protocol.Digest}" : null, (string?)JsonNode.Parse(value.Protocol)!["selected"]);
        Assert.Equal(choice == "best" ? best.Value : curve[^1].Value, value.Value);
        Assert.Equal(choice == "best" ? best.Step : 9, there.First(artifact => artifact.Sha256 == value.CheckpointSha256).Step);
        Assert.Equal(choice == "best", value.ProtocolDigest != protocol.Digest);
    }

    [Fact]
    public async Task Execute_KilledAfterTheEarlyEnd_SucceedsWithoutTrainingAgain()
    {
        int trainings = 0;
        RunWork real = RunWork.OfModel(threads: 1);
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(real with
        {
            Train = (spec, session, stop) =>
            {
                trainings++;
                real.Train(spec, session, stop);
                throw new InvalidOperationException("the process dies here");
            },
        });
        await runner.SubmitAsync(Text(margin: "1e6", "last"));
        Assert.IsType<AttemptEnding.Failed>((await runner.ClaimAndExecuteAsync(Cancel)).Outcome.Ending);

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.Equal(1, trainings);
        Assert.StartsWith("stopped early at step 9", Assert.IsType<AttemptEnding.Succeeded>(outcome.Ending).Reason, StringComparison.Ordinal);
        Assert.Equal(9, (await runner.JobAsync(lease.JobId)).ProgressTotal);
    }

    [Fact]
    public async Task Execute_EvaluateAnUnfinishedTraining_IsRefused()
    {
        // The checkpoint of step 9 is the end, that of step 5 is not.
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunWork.OfModel(threads: 1));
        await runner.SubmitAsync(Text(margin: "1e6", "last"));
        await runner.ClaimAndExecuteAsync(Cancel);
        foreach (Artifact artifact in (await runner.ArtifactsAsync()).Where(artifact => artifact.Step > 5))
        {
            File.Delete(Path.Combine(Path.GetDirectoryName(runner.WorkFolder)!, "artifacts", artifact.Sha256[..2], artifact.Sha256[2..]));
        }

        (Lease lease, _) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.Contains("holds 5 of 12 steps", (await runner.JobAsync(lease.JobId)).Attempts[0].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(12)]
    public async Task Execute_HandedBackAndResumed_HasTheCurvesAndFilesOfOneNeverStopped(int stopAfter)
    {
        (IReadOnlyList<MetricPoint>[] curves, string[] files) whole = await TrainAsync(null);
        (IReadOnlyList<MetricPoint>[] curves, string[] files) resumed = await TrainAsync(stopAfter);
        Assert.Equal([3L, 6, 9, 12], whole.curves[1].Select(point => point.Step));
        Assert.Equal(whole.curves, resumed.curves);
        Assert.Equal(whole.files, resumed.files);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("data")]
    [InlineData("header")]
    public async Task Execute_NewestCheckpointDamaged_GoesOnFromTheOneBeforeAndNotesIt(string damage)
    {
        using CancellationTokenSource shutdown = new();
        RunWork real = RunWork.OfModel(threads: 1);
        long? resumedAt = null;
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(real with
        {
            Train = (spec, session, stop) => real.Train(spec, session with
            {
                OnPoints = points =>
                {
                    session.OnPoints!(points);
                    resumedAt ??= session.ResumeFrom is null ? null : points.FirstStep;
                    if (session.ResumeFrom is null && points.FirstStep == 6)
                    {
                        shutdown.Cancel();
                    }
                },
            }, stop),
        });
        await runner.SubmitAsync(NeverEarly);
        (Lease lease, _) = await runner.ClaimAndExecuteAsync(shutdown.Token);
        Artifact newest = (await runner.ArtifactsAsync()).MaxBy(artifact => artifact.Step)!;
        Assert.Equal(7, newest.Step);
        string path = runner.Get<ArtifactStore>().PathOf(newest.Sha256);
        byte[] bytes = await File.ReadAllBytesAsync(path, Cancel);
        switch (damage)
        {
            case "cut":
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case "data":
                bytes[^10] ^= 1;
                break;
            default:
                bytes[100] ^= 1;
                break;
        }

        await File.WriteAllBytesAsync(path, bytes, Cancel);
        AttemptOutcome outcome = (await runner.ClaimAndExecuteAsync(Cancel)).Outcome;

        Assert.IsType<AttemptEnding.Succeeded>(outcome.Ending);
        Artifact before = (await runner.ArtifactsAsync()).Where(artifact => artifact.Step < 7).MaxBy(artifact => artifact.Step)!;
        Assert.Equal(before.Step, resumedAt);
        await using TrackingDb db = await runner.DbAsync();
        JobEvent note = await db.JobEvents.SingleAsync(e => e.JobId == lease.JobId && e.FromState == JobState.Running && e.ToState == JobState.Running, Cancel);
        Assert.Equal((2, $"the checkpoint of step 7 (SHA-256 {newest.Sha256[..12]}) is missing or damaged; training goes on from step {before.Step}"), (note.Fence, note.Reason));
        Assert.Equal(Enumerable.Range(0, 12).Select(step => (long)step), (await runner.CurveAsync(lease.RunId, "train/loss")).Select(point => point.Step));
    }

    [Fact]
    public async Task Execute_Diverges_KeepsTheCheckpointsFromBefore()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, _) =>
        {
            RunnerFixture.End(session, 4, completed: false);
            throw new DivergedException(new Divergence { Step = 7, Cause = DivergenceCause.Loss });
        }));
        await runner.SubmitAsync();

        (_, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.IsType<AttemptEnding.Diverged>(outcome.Ending);
        Assert.Equal(4, Assert.Single(await runner.ArtifactsAsync()).Step);
    }

    // Patience outlasts the training.
    private static string NeverEarly => Text(margin: "0", "last").Replace("\"patience\": 2", "\"patience\": 20", StringComparison.Ordinal);

    private static string Text(string margin, string choice) => Spec.Replace("MARGIN", margin, StringComparison.Ordinal).Replace("CHOICE", choice, StringComparison.Ordinal);

    private static async Task<(IReadOnlyList<MetricPoint>[] Curves, string[] Files)> TrainAsync(int? stopAfter)
    {
        using CancellationTokenSource shutdown = new();
        RunWork real = RunWork.OfModel(threads: 1);
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(real with
        {
            Train = (spec, session, stop) => real.Train(spec, session with
            {
                OnPoints = points =>
                {
                    session.OnPoints!(points);
                    if (session.ResumeFrom is null && points.FirstStep + points.Loss.Length == stopAfter)
                    {
                        shutdown.Cancel();
                    }
                },
            }, stop),
        });

        await runner.SubmitAsync(NeverEarly);
        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(shutdown.Token);
        if (stopAfter is not null)
        {
            Assert.IsType<AttemptEnding.HandedBack>(outcome.Ending);
            (_, outcome) = await runner.ClaimAndExecuteAsync(Cancel);
        }

        Assert.IsType<AttemptEnding.Succeeded>(outcome.Ending);
        // Stopped between the last step and its validation, it left a file of that step which is not the end yet; the later one counts.
        string[] files = [.. (await runner.ArtifactsAsync()).Where(artifact => artifact.DroppedAt is null && (artifact.Kind != CheckpointKinds.Newest || artifact.Step == 12))
            .GroupBy(artifact => (artifact.Kind, artifact.Step), (_, rows) => rows.Last()).Select(artifact => $"{artifact.Kind} {artifact.Step} {artifact.Sha256}").Order(StringComparer.Ordinal)];
        return (await Task.WhenAll(new[] { "train/loss", "validation/nll" }.Select(name => runner.CurveAsync(lease.RunId, name))), files);
    }
}
