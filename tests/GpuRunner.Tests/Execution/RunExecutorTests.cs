using System.Text.Json.Nodes;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.GpuRunner.Tests.Execution;

/// <summary>The ladder from endings to states, one test a rung, on a real store.</summary>
public sealed class RunExecutorTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_TrainingCompletes_SucceedsWithCurveCheckpointAndEnvironment()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10));
        await runner.SubmitAsync();

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.IsType<AttemptEnding.Succeeded>(outcome.Ending);
        Assert.Equal([JobKind.Evaluate, JobKind.Sample], outcome.Ready.Select(offer => offer.Kind).Order());
        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal(JobState.Succeeded, job.State);
        Attempt attempt = Assert.Single(job.Attempts);
        Assert.Equal(0, attempt.ResumedAtStep);
        JsonNode environment = JsonNode.Parse(attempt.Environment)!;
        Assert.Equal("cpu", (string?)environment["device"]);
        Assert.Equal(1, (int?)environment["threads"]);
        Assert.Matches(@"^\d+\.\d+", (string?)environment["libtorch_version"]);
        foreach (string name in new[] { "train/loss", "train/grad_norm", "train/learning_rate" })
        {
            Assert.Equal(Enumerable.Range(0, 10).Select(step => new MetricPoint(step, 1.0 / (step + 1))), await runner.CurveAsync(lease.RunId, name));
        }

        Assert.Equal([new MetricPoint(9, 100)], await runner.CurveAsync(lease.RunId, "train/images_per_second"));
        Artifact checkpoint = Assert.Single(await runner.ArtifactsAsync());
        Assert.Equal(("checkpoint", 10L), (checkpoint.Kind, checkpoint.Step));
        Assert.Equal("weights after 10 steps", await File.ReadAllTextAsync(runner.Get<ArtifactStore>().PathOf(checkpoint.Sha256), Cancel));
        Assert.False(Directory.Exists(runner.WorkFolder) && Directory.EnumerateFileSystemEntries(runner.WorkFolder).Any(), "The work folder is left behind.");
    }

    [Fact]
    public async Task Execute_SpecException_FailsForGood()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(
            RunnerFixture.Work((_, _, _) => throw new SpecException("training.steps", "got -1")));
        await runner.SubmitAsync();

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains("training.steps: got -1", job.Error);
        Assert.Null(outcome.RunnerFailure);
    }

    [Fact]
    public async Task Execute_Diverged_KeepsPointsCheckpointAndDetailAndIsNoFailure()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, _) =>
        {
            TrainingEnd good = RunnerFixture.End(session, 1, completed: false);
            session.OnPoints!(new TrainingPoints(0, [1, double.NaN], [1, 1], [1, 1], 5) { AtLastStep = new Dictionary<string, double> { ["loss_q3"] = double.NaN } });
            throw new DivergedException(new Divergence
            {
                Step = 1, Cause = DivergenceCause.Loss, GradNorm = 3, Images = [.. Enumerable.Range(40, 20)], Timesteps = [.. Enumerable.Range(0, 20).Select(t => (long)t)],
                CheckpointStep = good.StepsDone, CheckpointPath = good.Checkpoint,
            });
        }));
        await runner.SubmitAsync();

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Job job = await runner.JobAsync(lease.JobId);
        Assert.True(job.State == JobState.Diverged, job.Attempts[0].Error);
        Assert.Null(outcome.RunnerFailure);
        Assert.Equal(
            "Training diverged at step 1: the loss is NaN (gradient norm 3). Its batch: images 40, 41, 42, 43, 44, 45, 46, 47 and 12 more. The last good checkpoint holds 1 step.",
            job.Error);

        // The checkpoint from before is in the store, and the attempt says all that is known.
        Artifact good = Assert.Single(await runner.ArtifactsAsync());
        string[] stored = job.Attempts[0].Error!.Split('\n', 2);
        Assert.Equal(job.Error, stored[0]);
        JsonNode detail = JsonNode.Parse(stored[1])!;
        Assert.Equal((1, "loss", "NaN", 3.0), ((int)detail["step"]!, (string?)detail["cause"], (string?)detail["loss"], (double)detail["grad_norm"]!));
        Assert.Equal((1, good.Id.ToString(), good.Sha256), ((int)detail["checkpoint_step"]!, (string?)detail["checkpoint_artifact"], (string?)detail["checkpoint_sha256"]));
        Assert.Equal(Enumerable.Range(40, 20), detail["images"]!.AsArray().Select(index => (int)index!));
        Assert.Equal(Enumerable.Range(0, 20), detail["timesteps"]!.AsArray().Select(t => (int)t!));
        Assert.Equal([new MetricPoint(1, double.NaN)], await runner.CurveAsync(lease.RunId, "train/loss_q3"));
        Assert.All(await runner.JobsAsync(), other => Assert.Equal(other.Id == job.Id ? JobState.Diverged : JobState.Skipped, other.State));
        Assert.Equal([new MetricPoint(0, 1), new MetricPoint(1, double.NaN)], await runner.CurveAsync(lease.RunId, "train/loss"));
    }

    [Fact]
    public async Task Execute_AnyOtherException_IsRetriedWithItsStackAndCountsAgainstTheRunner()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, _, _) => throw new InvalidOperationException("cuDNN sulks")));
        await runner.SubmitAsync();

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal(JobState.Ready, job.State);
        Assert.Equal(1, job.AttemptsCounted);
        Assert.Contains(nameof(Execute_AnyOtherException_IsRetriedWithItsStackAndCountsAgainstTheRunner), Assert.Single(job.Attempts).Error);
        Assert.Equal("cuDNN sulks", outcome.RunnerFailure);
    }

    [Fact]
    public async Task Execute_OutOfDeviceMemory_IsTriedOnceMoreThenFails()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(
            RunnerFixture.Work((_, _, _) => throw new InvalidOperationException("CUDA out of memory. Tried to allocate 2.00 GiB")));
        await runner.SubmitAsync();

        (Lease lease, AttemptOutcome first) = await runner.ClaimAndExecuteAsync(Cancel);
        Assert.Equal(JobState.Ready, (await runner.JobAsync(lease.JobId)).State);
        await runner.ClaimAndExecuteAsync(Cancel);

        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains("batch_size", job.Error);
        Assert.Null(first.RunnerFailure);
    }

    [Theory]
    [InlineData(StopReason.Cancel, JobState.Cancelled)]
    [InlineData(StopReason.Prune, JobState.Pruned)]
    [InlineData(StopReason.Preempt, JobState.Ready)]
    public async Task Execute_StopAsked_StopsTheTrainingAndKeepsItsCheckpoint(StopReason reason, JobState state)
    {
        TaskCompletionSource started = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, stop) =>
        {
            RunnerFixture.Points(session, 0, 4);
            started.SetResult();
            stop.WaitHandle.WaitOne();
            return RunnerFixture.End(session, 4, completed: false);
        }));
        await runner.SubmitAsync();
        Lease lease = await runner.ClaimAsync();
        Task<AttemptOutcome> execution = runner.ExecuteAsync(lease, Cancel);
        await started.Task.WaitAsync(Cancel);

        RequestResult request = await runner.Queue.RequestStopAsync(lease.JobId, reason, "a person", Cancel);
        AttemptOutcome outcome = await execution;

        Assert.True(request.Accepted, request.Message);
        Assert.IsType<AttemptEnding.Stopped>(outcome.Ending);
        Assert.Equal(state, (await runner.JobAsync(lease.JobId)).State);
        Assert.Equal(4, Assert.Single(await runner.ArtifactsAsync()).Step);
    }

    [Fact]
    public async Task Execute_Shutdown_HandsBackAndTheNextAttemptGoesOnFromTheCheckpoint()
    {
        TaskCompletionSource started = new();
        string? resumedFrom = null;
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, stop) =>
        {
            if (session.ResumeFrom is null)
            {
                RunnerFixture.Points(session, 0, 4);
                started.SetResult();
                stop.WaitHandle.WaitOne();
                return RunnerFixture.End(session, 4, completed: false);
            }

            resumedFrom = File.ReadAllText(session.ResumeFrom);
            RunnerFixture.Points(session, 4, 10);
            return RunnerFixture.End(session, 10, completed: true);
        }));
        await runner.SubmitAsync();
        using CancellationTokenSource shutdown = new();
        Lease lease = await runner.ClaimAsync();
        Task<AttemptOutcome> execution = runner.ExecuteAsync(lease, shutdown.Token);
        await started.Task.WaitAsync(Cancel);

        await shutdown.CancelAsync();
        AttemptOutcome outcome = await execution;

        Assert.IsType<AttemptEnding.HandedBack>(outcome.Ending);
        Job job = await runner.JobAsync(lease.JobId);
        Assert.Equal((JobState.Ready, 0), (job.State, job.AttemptsCounted));

        await runner.ClaimAndExecuteAsync(Cancel);
        Assert.Equal("weights after 4 steps", resumedFrom);
        Assert.Equal(Enumerable.Range(0, 10).Select(step => (long)step), (await runner.CurveAsync(lease.RunId, "train/loss")).Select(point => point.Step));
        Assert.Equal(JobState.Succeeded, (await runner.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task Execute_LeaseLost_WritesNothing()
    {
        TaskCompletionSource started = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, stop) =>
        {
            started.SetResult();
            stop.WaitHandle.WaitOne();
            RunnerFixture.Points(session, 0, 4);
            return RunnerFixture.End(session, 4, completed: false);
        }));
        await runner.SubmitAsync();
        Lease lease = await runner.ClaimAsync();
        Task<AttemptOutcome> execution = runner.ExecuteAsync(lease, Cancel);
        await started.Task.WaitAsync(Cancel);

        // Another claim moves the fence on, as after a frozen runner's lease ran out.
        await using (TrackingDb db = await runner.DbAsync())
        {
            await db.Jobs.Where(job => job.Id == lease.JobId).ExecuteUpdateAsync(set => set.SetProperty(job => job.Fence, job => job.Fence + 1), Cancel);
        }

        AttemptOutcome outcome = await execution;

        Assert.Null(outcome.Ending);
        Assert.Null(outcome.RunnerFailure);
        Assert.Empty(await runner.ArtifactsAsync());
        Assert.Empty(await runner.CurveAsync(lease.RunId, "train/loss"));
        Assert.Equal(JobState.Running, (await runner.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task Execute_CheckpointSeen_EveryEarlierPointIsStored()
    {
        TaskCompletionSource go = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((_, session, _) =>
        {
            RunnerFixture.Points(session, 0, 7);
            RunnerFixture.End(session, 7, completed: false);
            go.Task.Wait(CancellationToken.None);
            return RunnerFixture.End(session, 10, completed: true);
        }));
        await runner.SubmitAsync();
        Lease lease = await runner.ClaimAsync();
        Task<AttemptOutcome> execution = runner.ExecuteAsync(lease, Cancel);

        // Watch the store as another runner would: the moment the checkpoint is there, so is the curve before it.
        while (await runner.Get<ArtifactStore>().LatestCheckpointAsync(lease.RunId, Cancel) is null)
        {
            await Task.Yield();
        }

        Assert.Equal(7, (await runner.CurveAsync(lease.RunId, "train/loss")).Count);
        go.SetResult();
        await execution;
    }

    [Fact]
    public async Task Execute_KilledAfterTheLastCheckpoint_SucceedsWithoutTrainingAgain()
    {
        int trainings = 0;
        TaskCompletionSource stored = new();
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work((spec, session, stop) =>
        {
            trainings++;
            Train10(spec, session, stop);
            stored.Task.Wait(CancellationToken.None);
            throw new InvalidOperationException("the process dies here");
        }));
        await runner.SubmitAsync();
        Lease lease = await runner.ClaimAsync();
        Task<AttemptOutcome> execution = runner.ExecuteAsync(lease, Cancel);
        while (await runner.Get<ArtifactStore>().LatestCheckpointAsync(lease.RunId, Cancel) is null)
        {
            await Task.Yield();
        }

        stored.SetResult();
        await execution;

        await runner.ClaimAndExecuteAsync(Cancel);

        Assert.Equal(1, trainings);
        Assert.Equal(JobState.Succeeded, (await runner.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task Execute_EvaluateAndSample_StoreValuesSeriesFilesAndLineage()
    {
        MetricValue nll = new()
        {
            Name = "nll",
            Value = 2.5,
            Unit = "bits/dim",
            Protocol = new JsonObject { ["split"] = "test" },
            Series = new Dictionary<string, (long[], double[])> { ["nll/bits_per_dim_at_t"] = ([0, 1, 2], [0.5, 0.25, 0.125]) },
        };
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10, (_, _) => [nll], (folder, _) =>
        {
            File.WriteAllText(Path.Combine(folder, "samples.png"), "png");
            File.WriteAllText(Path.Combine(folder, "samples.safetensors"), "images");
            return new SampleSet(Path.Combine(folder, "samples.png"), Path.Combine(folder, "samples.safetensors"), 50);
        }));
        await runner.SubmitAsync();

        (Lease lease, _) = await runner.ClaimAndExecuteAsync(Cancel);
        await runner.ClaimAndExecuteAsync(Cancel);
        await runner.ClaimAndExecuteAsync(Cancel);

        Assert.All(await runner.JobsAsync(), job => Assert.Equal(JobState.Succeeded, job.State));
        Assert.Equal([new(0, 0.5), new(1, 0.25), new(2, 0.125)], await runner.CurveAsync(lease.RunId, "nll/bits_per_dim_at_t"));
        IReadOnlyList<Artifact> artifacts = await runner.ArtifactsAsync();
        Artifact checkpoint = artifacts.Single(artifact => artifact.Kind == "checkpoint");
        await using TrackingDb db = await runner.DbAsync();
        Assert.Equal((2.5, checkpoint.Sha256), await db.Evaluations.Select(value => ValueTuple.Create(value.Value, value.CheckpointSha256)).SingleAsync(Cancel));
        foreach (string kind in new[] { "samples", "sample_grid" })
        {
            Guid made = artifacts.Single(artifact => artifact.Kind == kind).Id;
            Assert.Equal(checkpoint.Id, await db.ArtifactEdges.Where(edge => edge.ArtifactId == made).Select(edge => edge.FromId).SingleAsync(Cancel));
        }
    }

    [Fact]
    public async Task Execute_EvaluateWithoutTheTrainedNetwork_SaysSo()
    {
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunnerFixture.Work(Train10, (_, _) => []));
        await runner.SubmitAsync();
        await runner.ClaimAndExecuteAsync(Cancel);
        await using (TrackingDb db = await runner.DbAsync())
        {
            await db.Artifacts.ExecuteUpdateAsync(set => set.SetProperty(artifact => artifact.Step, 9), Cancel);
        }

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Assert.Contains("holds 9 of 10 steps", Assert.Single((await runner.JobAsync(lease.JobId)).Attempts).Error);
        Assert.NotNull(outcome.RunnerFailure);
    }

    private static TrainingEnd Train10(RunSpec spec, TrainingSession session, CancellationToken stop)
    {
        RunnerFixture.Points(session, 0, 10);
        return RunnerFixture.End(session, 10, completed: true);
    }
}
