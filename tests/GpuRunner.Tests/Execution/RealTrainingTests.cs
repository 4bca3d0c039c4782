using System.Text.Json.Nodes;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.GpuRunner.Tests.Execution;

/// <summary>Trains real digits through the executor: interrupted, resumed and beside another job, the numbers are the same to the last bit.</summary>
public sealed class RealTrainingTests
{
    private const string Spec = """
        {
          "data": "optdigits",
          "network": { "kind": "ddpm_unet", "channels": 16, "multipliers": [1, 2], "blocks": 1, "attention": [4], "dropout": 0.1, "groups": 8 },
          "training": { "steps": 12, "batch_size": 16, "warmup_steps": 4, "log_every": 3 }
        }
        """;

    private static readonly string[] Curves = ["train/loss", "train/grad_norm", "train/learning_rate", "train/loss_q0", "train/loss_q3", "train/loss_t00", "train/ema_drift_0"];
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_InterruptedAndResumed_HasTheCurvesOfOneNeverInterrupted()
    {
        IReadOnlyList<MetricPoint>[] whole = await TrainAsync(interruptAtStep: null);

        IReadOnlyList<MetricPoint>[] resumed = await TrainAsync(interruptAtStep: 6);

        Assert.Equal(12, whole[0].Count);
        Assert.All(whole[0], point => Assert.True(double.IsFinite(point.Value) && point.Value > 0));
        Assert.Equal(whole, resumed);
    }

    [Fact]
    public async Task Execute_TwoAtOnceInOneProcess_HaveTheCurvesOfOneAlone()
    {
        IReadOnlyList<MetricPoint>[] alone = await TrainAsync(interruptAtStep: null);

        IReadOnlyList<MetricPoint>[][] both = await Task.WhenAll(TrainAsync(interruptAtStep: null), TrainAsync(interruptAtStep: null));

        Assert.Equal(alone, both[0]);
        Assert.Equal(alone, both[1]);
    }

    [Theory]
    [InlineData(""" "warmup_steps": 4, "divergence": { "loss_above": 0.001, "for_steps": 4 } """, "bound", 3L)]
    [InlineData(""" "warmup_steps": 0, "clip_norm": 0, "optimizer": { "kind": "adam", "learning_rate": 10, "beta2": 0, "epsilon": 1e-16 } """, "loss", null)]
    public async Task Execute_TrainingThatDiverges_IsStoredAsSuchWithItsBatchAndLastGoodCheckpoint(string training, string cause, long? step)
    {
        // Every step is followed by a checkpoint, and nothing is handed over for its own sake.
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(RunWork.OfModel(threads: 1));
        await runner.SubmitAsync($$"""
            {
              "data": "optdigits",
              "network": { "kind": "ddpm_unet", "channels": 16, "multipliers": [1], "blocks": 1, "attention": [], "groups": 8 },
              "training": { "steps": 400, "batch_size": 16, "log_every": 1000, "checkpoints": { "keep_every": 1 }, {{training}} }
            }
            """);

        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(Cancel);

        Job job = await runner.JobAsync(lease.JobId);
        Assert.True(job.State == JobState.Diverged, job.Error);
        Assert.Null(outcome.RunnerFailure);
        Assert.All(await runner.JobsAsync(), other => Assert.Equal(other.Id == job.Id ? JobState.Diverged : JobState.Skipped, other.State));
        JsonNode detail = JsonNode.Parse(Assert.Single(job.Attempts).Error!.Split('\n', 2)[1])!;
        long broken = (long)detail["step"]!;
        Assert.Equal(cause, (string?)detail["cause"]);
        Assert.Equal(step ?? broken, broken);
        Assert.Equal(16, detail["images"]!.AsArray().Select(index => (int)index!).Where(index => index is >= 0 and < 3823).Distinct().Count());
        Assert.Equal(16, detail["timesteps"]!.AsArray().Count(t => (int)t! is >= 0 and < 1000));

        // The newest checkpoint holds the steps before the broken one, and the curve goes up to it.
        Artifact newest = (await runner.ArtifactsAsync())[^1];
        Assert.Equal((broken, newest.Sha256), (newest.Step, (string?)detail["checkpoint_sha256"]));
        Assert.Contains($"The last good checkpoint holds {broken} steps.", job.Error);
        IReadOnlyList<MetricPoint> loss = await runner.CurveAsync(lease.RunId, "train/loss");
        Assert.Equal(Enumerable.Range(0, (int)broken + 1).Select(s => (long)s), loss.Select(point => point.Step));
        Assert.Equal(cause == "bound", double.IsFinite(loss[^1].Value));
    }

    [Fact]
    public async Task Execute_ResumedOnTwoThreads_SaysSoInTheEnvironment()
    {
        List<JsonNode?> resumed = [];
        await TrainAsync(interruptAtStep: 6, threadsAfter: 2, environment => resumed.Add(environment["resumed_from"]));
        Assert.Null(resumed[0]);
        Assert.Equal((6, false, "on 2 threads instead of 1"), ((int)resumed[1]!["step"]!, (bool)resumed[1]!["exact"]!, (string?)resumed[1]!["reason"]));
    }

    [Fact]
    public async Task Execute_ResumedUnderTheSameConditions_SaysThatItIsExact()
    {
        List<JsonNode?> resumed = [];
        await TrainAsync(interruptAtStep: 6, threadsAfter: 1, environment => resumed.Add(environment["resumed_from"]));
        Assert.Equal((6, true, null), ((int)resumed[1]!["step"]!, (bool)resumed[1]!["exact"]!, (string?)resumed[1]!["reason"]));
    }

    private static async Task<IReadOnlyList<MetricPoint>[]> TrainAsync(int? interruptAtStep, int threadsAfter = 1, Action<JsonNode>? onEnvironment = null)
    {
        using CancellationTokenSource shutdown = new();
        RunWork real = RunWork.OfModel(threads: 1);
        RunWork after = RunWork.OfModel(threadsAfter);
        RunWork interrupted = real with
        {
            Train = (spec, session, stop) => (session.ResumeFrom is null ? real : after).Train(
                spec,
                session with
                {
                    OnPoints = points =>
                    {
                        session.OnPoints!(points);
                        if (session.ResumeFrom is null && points.FirstStep + points.Loss.Length == interruptAtStep)
                        {
                            shutdown.Cancel();
                        }
                    },
                },
                stop),
        };
        await using RunnerFixture runner = await RunnerFixture.CreateAsync(interrupted);
        await runner.SubmitAsync(Spec);
        (Lease lease, AttemptOutcome outcome) = await runner.ClaimAndExecuteAsync(shutdown.Token);
        if (interruptAtStep is not null)
        {
            Assert.IsType<AttemptEnding.HandedBack>(outcome.Ending);
            Assert.Equal(interruptAtStep, Assert.Single(await runner.ArtifactsAsync()).Step);
            await runner.ClaimAndExecuteAsync(Cancel);
        }

        Job job = await runner.JobAsync(lease.JobId);
        Assert.True(job.State == JobState.Succeeded, job.Error);
        string images = new Optdigits().Load(Split.Train, null).ContentHash;
        Assert.All(job.Attempts, attempt => Assert.Equal(images, (string?)JsonNode.Parse(attempt.Environment)!["data_hash"]));
        foreach (Attempt attempt in job.Attempts.OrderBy(attempt => attempt.Fence))
        {
            onEnvironment?.Invoke(JsonNode.Parse(attempt.Environment)!);
        }

        return await Task.WhenAll(Curves.Select(name => runner.CurveAsync(lease.RunId, name)));
    }
}
