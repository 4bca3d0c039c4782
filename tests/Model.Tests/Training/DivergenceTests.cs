using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

public sealed class DivergenceTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 5,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0, Groups = 2 },
        Process = new ProcessSpec { Timesteps = 50 },
        Objective = new ProbeObjective(),
        Training = new TrainingSpec { Steps = 40, BatchSize = 8, WarmupSteps = 0, LogEvery = 1000, Optimizer = new AdamOptimizer { LearningRate = 1e-3 } },
    };

    private static readonly CheckpointSpec EveryStep = new() { KeepEvery = 1 };

    // Takes weights of 1 to -4e38 in the first step, which no float32 is.
    private static readonly AdamWOptimizer Bursting = new() { LearningRate = 1e38, WeightDecay = 3, Beta1 = 0, Epsilon = 1e-30 };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-divergence-").FullName;

    public DivergenceTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("loss", DivergenceCause.Loss)]
    [InlineData("gradient", DivergenceCause.Gradient)]
    public void Train_OneBrokenStep_IsNoticedWithinTenStepsAndSaysWhatIsKnown(string spoil, DivergenceCause cause)
    {
        RunSpec spec = Spec with { Objective = new ProbeObjective { SpoilAt = 13, Spoil = spoil }, Training = Spec.Training with { Checkpoints = EveryStep } };

        (Divergence divergence, List<TrainingPoints> points) = Diverge(spec, "often", TimeSpan.FromDays(1));

        Assert.InRange(ProbeObjective.Noted.Count, 14, 14 + 10);
        Assert.Equal((13, cause), (divergence.Step, divergence.Cause));
        Assert.Equal(spoil == "loss", !double.IsFinite(divergence.Loss));
        Assert.False(double.IsFinite(divergence.GradNorm));

        // Its batch is that of the step, and the checkpoint the newest from before; there is none from after it.
        Assert.Equal(new BatchSource(spec, spec.Data.Load(Split.Train, null), CPU).Indices(13), divergence.Images);
        Assert.Equal(ProbeObjective.Noted[13].T, divergence.Timesteps);
        Assert.Equal(13, divergence.CheckpointStep);
        Assert.Equal(Enumerable.Range(1, 13).Select(step => $"step-{step:D8}.safetensors"), Directory.GetFiles(Path.Combine(_folder, "often")).Order().Select(Path.GetFileName));
        Assert.Equal(Path.Combine(_folder, "often", "step-00000013.safetensors"), divergence.CheckpointPath);

        // The curve goes to the broken step, that one included.
        double[] losses = [.. points.SelectMany(point => point.Loss)];
        Assert.Equal(14, losses.Length);
        Assert.Equal([divergence.Loss, divergence.GradNorm], [losses[^1], points[^1].GradNorm[^1]]);
        Assert.All(losses[..13], loss => Assert.True(double.IsFinite(loss)));
        Assert.StartsWith($"Training diverged at step 13: the {(spoil == "loss" ? "loss is NaN" : "gradient norm is Infinity (loss ")}", divergence.Sentence, StringComparison.Ordinal);
        Assert.EndsWith("The last good checkpoint holds 13 steps.", divergence.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_DivergesBeforeAnyCheckpoint_SaysSoAndLeavesNone()
    {
        (Divergence divergence, _) = Diverge(Spec with { Objective = new ProbeObjective { SpoilAt = 2 } }, "none", TimeSpan.FromDays(1));

        Assert.Null(divergence.CheckpointStep);
        Assert.EndsWith("There is no checkpoint before it.", divergence.Sentence, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "none")));
    }

    [Theory]
    [InlineData("loss", null)]
    [InlineData("gradient", null)]
    [InlineData("none", 0.01)]
    public void Train_ResumedJustBeforeTheDivergence_EndsTheSame(string spoil, double? lossAbove)
    {
        RunSpec spec = Spec with
        {
            Objective = new ProbeObjective { SpoilAt = spoil == "none" ? -1 : 6, Spoil = spoil },
            Training = Spec.Training with { Divergence = new DivergenceSpec { LossAbove = lossAbove, ForSteps = 7 } },
        };
        (Divergence straight, List<TrainingPoints> whole) = Diverge(spec, "straight", TimeSpan.FromDays(1));

        List<TrainingPoints> parts = [];
        TrainingEnd first = StopAfter(spec, 4, parts);
        (Divergence resumed, List<TrainingPoints> rest) = Diverge(spec, "second", TimeSpan.FromDays(1), first.Checkpoint);

        Assert.Equal((6, 4, first.Checkpoint), (straight.Step, resumed.CheckpointStep, resumed.CheckpointPath));
        Assert.Equal((straight.Step, straight.Cause, straight.Loss, straight.GradNorm, straight.StepsOver), (resumed.Step, resumed.Cause, resumed.Loss, resumed.GradNorm, resumed.StepsOver));
        Assert.Equal(straight.Images, resumed.Images);
        Assert.Equal(straight.Timesteps, resumed.Timesteps);
        Assert.Equal(whole.SelectMany(point => point.Loss), parts.Concat(rest).SelectMany(point => point.Loss));
        Assert.Equal(Logged(whole), Logged(rest));
    }

    [Fact]
    public void Train_LossOverItsBoundForLong_Diverges()
    {
        DivergenceSpec bound = new() { LossAbove = 0.01, ForSteps = 5 };
        (Divergence divergence, _) = Diverge(Spec with { Training = Spec.Training with { Divergence = bound, Checkpoints = EveryStep } }, "bound", TimeSpan.FromDays(1));

        Assert.Equal((4, DivergenceCause.Bound, 0.01, 5), (divergence.Step, divergence.Cause, divergence.LossAbove, divergence.StepsOver));
        Assert.Contains("and has been over 0.01 for 5 steps", divergence.Sentence, StringComparison.Ordinal);
        Assert.Equal(4, divergence.CheckpointStep);
    }

    [Fact]
    public void Train_LossUnderItsBound_GoesOn()
    {
        ProbeObjective.Begin(0);
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 5, Divergence = new DivergenceSpec { LossAbove = 50, ForSteps = 1 } } };
        Assert.True(Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Completed);
    }

    [Fact]
    public void Train_SoundStepThatBreaksTheWeights_EndsTheSameWithACheckpointDueThereAndWithout()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Optimizer = Bursting } };

        (Divergence due, _) = Diverge(spec, "due", TimeSpan.Zero);
        (Divergence notDue, _) = Diverge(spec, "not-due", TimeSpan.FromDays(1));

        Assert.Equal((1, DivergenceCause.Loss), (due.Step, due.Cause));
        Assert.Equal(notDue.Sentence, due.Sentence);
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Train_LastStepBreaksTheWeights_DivergesInsteadOfWritingThem()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 1, Optimizer = Bursting } };

        (Divergence divergence, List<TrainingPoints> points) = Diverge(spec, "last", TimeSpan.FromDays(1));

        Assert.Equal((0, DivergenceCause.Weights), (divergence.Step, divergence.Cause));
        Assert.Equal(points[0].Loss[0], divergence.Loss);
        Assert.Contains("its update made weights that are not finite", divergence.Sentence, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Observe_SpikesThatComeDown_AreSound()
    {
        DivergenceWatch watch = new(new DivergenceSpec { LossAbove = 2, ForSteps = 3 });
        double[] losses = [1, 3, 3, 2, 3, 3, 1, 3, 3];
        Assert.All(losses, loss => Assert.Null(watch.Observe(loss, 1)));
        Assert.Equal(2, watch.StepsOver[0]);
        Assert.Equal(DivergenceCause.Bound, watch.Observe(2.5, 1));
        Assert.Equal(DivergenceCause.Loss, watch.Observe(double.PositiveInfinity, double.NaN));
        Assert.Equal(DivergenceCause.Gradient, watch.Observe(1, double.NaN));
    }

    [Theory]
    [InlineData("""{ "loss_above": 0 }""", "training.divergence.loss_above")]
    [InlineData("""{ "for_steps": 0 }""", "training.divergence.for_steps")]
    public void Read_ImpossibleBound_IsRefusedByName(string json, string path)
    {
        SpecException error = Assert.Throws<SpecException>(
            () => SpecJson.Read<RunSpec>(JsonNode.Parse($$"""{ "data": "optdigits", "training": { "divergence": {{json}} } }""")));
        Assert.Equal(path, error.Path);
        Assert.Contains("0", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentence_LargeBatch_NamesEightImagesAndCountsTheRest()
    {
        Divergence divergence = new() { Step = 3, Cause = DivergenceCause.Loss, Images = [.. Enumerable.Range(1, 128)], CheckpointStep = 2 };
        Assert.Equal(
            "Training diverged at step 3: the loss is NaN (gradient norm NaN). Its batch: images 1, 2, 3, 4, 5, 6, 7, 8 and 120 more. The last good checkpoint holds 2 steps.",
            divergence.Sentence);
    }

    private (Divergence Divergence, List<TrainingPoints> Points) Diverge(RunSpec spec, string folder, TimeSpan interval, string? resumeFrom = null)
    {
        ProbeObjective.Begin(resumeFrom is null ? 0 : 4);
        List<TrainingPoints> points = [];
        TrainingSession session = new()
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, CheckpointInterval = interval, ResumeFrom = resumeFrom, OnPoints = points.Add,
        };
        return (Assert.Throws<DivergedException>(() => Trainer.Train(spec, session, CancellationToken.None)).Divergence, points);
    }

    private TrainingEnd StopAfter(RunSpec spec, long steps, List<TrainingPoints> points)
    {
        ProbeObjective.Begin(0);
        using CancellationTokenSource stop = new();
        ProbeObjective.OnStep = step =>
        {
            if (step == steps - 1)
                stop.Cancel();
        };
        return Trainer.Train(spec, new TrainingSession { Folder = Directory.CreateDirectory(Path.Combine(_folder, "first")).FullName, OnPoints = points.Add }, stop.Token);
    }

    private static IEnumerable<(string, double)> Logged(List<TrainingPoints> points) => points
        .SelectMany(point => point.AtLastStep).Where(value => value.Key != "memory_bytes").Select(value => (value.Key, value.Value));
}
