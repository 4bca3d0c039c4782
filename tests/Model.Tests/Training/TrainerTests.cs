using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 7,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0.1, Groups = 4 },
        Process = new ProcessSpec { Timesteps = 100 },
        Training = new TrainingSpec
        {
            Steps = 9,
            BatchSize = 16,
            WarmupSteps = 4,
            HorizontalFlip = true,
            LogEvery = 2,
            Optimizer = new AdamOptimizer { LearningRate = 1e-3 },
            Ema = [new WarmupEma { Decay = 0.9 }, new ConstantEma { Decay = 0.5 }],
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-trainer-").FullName;

    public TrainerTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    private static TrainingEnd Train(RunSpec spec, TrainingSession session, List<TrainingPoints> points, long stopAfter = long.MaxValue)
    {
        using CancellationTokenSource stop = new();
        long steps = 0;
        return Trainer.Train(spec, session with
        {
            OnPoints = batch =>
            {
                points.Add(batch);
                steps += batch.Loss.Length;
                if (steps >= stopAfter)
                    stop.Cancel();
            },
        }, stop.Token);
    }

    private static byte[] TensorBytes(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes[(8 + (int)BitConverter.ToInt64(bytes))..];
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    public void Train_StoppedAndResumed_EndsBitIdentical(int stopAfter)
    {
        List<TrainingPoints> whole = [];
        TrainingEnd straight = Train(Spec, new TrainingSession { Folder = NewFolder("straight") }, whole);

        List<TrainingPoints> parts = [];
        TrainingEnd first = Train(Spec, new TrainingSession { Folder = NewFolder("first") }, parts, stopAfter);
        Assert.Equal((stopAfter, false), (first.StepsDone, first.Completed));
        TrainingEnd second = Train(Spec, new TrainingSession { Folder = NewFolder("second"), ResumeFrom = first.Checkpoint }, parts);

        Assert.Equal((9, true), (second.StepsDone, second.Completed));
        Assert.Equal(TensorBytes(straight.Checkpoint), TensorBytes(second.Checkpoint));
        Assert.Equal(whole.SelectMany(points => points.Loss), parts.SelectMany(points => points.Loss));
        Assert.Equal(whole.SelectMany(points => points.GradNorm), parts.SelectMany(points => points.GradNorm));
        Assert.Equal(stopAfter, parts.First(points => points.FirstStep >= stopAfter).FirstStep);
    }

    [Fact]
    public void Train_AnotherSeed_GivesOtherNumbers()
    {
        List<TrainingPoints> a = [];
        List<TrainingPoints> b = [];
        Train(Spec, new TrainingSession { Folder = NewFolder("a") }, a);
        Train(Spec with { Seed = 8 }, new TrainingSession { Folder = NewFolder("b") }, b);
        Assert.NotEqual(a[0].Loss[0], b[0].Loss[0]);
    }

    [Fact]
    public void Train_CheckpointsAtEveryChance_ChangesNoNumber()
    {
        List<TrainingPoints> rare = [];
        List<TrainingPoints> often = [];
        List<long> saved = [];
        Train(Spec, new TrainingSession { Folder = NewFolder("rare") }, rare);
        Train(Spec, new TrainingSession { Folder = NewFolder("often"), CheckpointInterval = TimeSpan.Zero, OnCheckpoint = checkpoint => saved.Add(checkpoint.Step) }, often);
        Assert.Equal((1, 9), (saved[0], saved[^1]));
        Assert.Equal(rare.SelectMany(points => points.Loss), often.SelectMany(points => points.Loss));
        Assert.Equal(saved.Count, Directory.GetFiles(Path.Combine(_folder, "often"), "step-0000000?.safetensors").Length);
    }

    [Fact]
    public void Train_FirstStep_HasRateZeroAndALossNearOne()
    {
        List<TrainingPoints> points = [];
        Train(Spec, new TrainingSession { Folder = _folder }, points);
        double[] rates = [.. points.SelectMany(batch => batch.LearningRate)];
        Assert.Equal([0, 2.5e-4, 5e-4, 7.5e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3], rates);
        // A fresh network predicts zero, so the loss is the mean square of standard normal noise.
        Assert.Equal(1, points[0].Loss[0], 0.15);
    }

    [Fact]
    public void Train_LongEnough_LearnsToPredict()
    {
        List<TrainingPoints> points = [];
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 80, BatchSize = 64, Optimizer = new AdamOptimizer { LearningRate = 4e-3 } } };
        Train(spec, new TrainingSession { Folder = _folder }, points);
        double[] losses = [.. points.SelectMany(batch => batch.Loss)];
        Assert.InRange(losses[^10..].Average(), 0, 0.6 * losses[..4].Average());
    }

    [Fact]
    public void Train_LossThatIsNotFinite_DivergesWithoutABrokenCheckpoint()
    {
        List<TrainingPoints> points = [];
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 400, WarmupSteps = 0, ClipNorm = 0, Optimizer = new AdamOptimizer { LearningRate = 10, Epsilon = 1e-16, Beta2 = 0 } } };
        string folder = NewFolder("diverged");
        DivergedException error = Assert.Throws<DivergedException>(() =>
            Train(spec, new TrainingSession { Folder = folder, CheckpointInterval = TimeSpan.Zero }, points));

        // The newest is the one that is named, and every checkpoint that was left holds only finite weights.
        Assert.InRange(error.Divergence.Step, 0, 400);
        Assert.Equal(error.Divergence.CheckpointPath, Directory.GetFiles(folder).Order().LastOrDefault());
        Assert.False(double.IsFinite(points[^1].Loss[^1]) && double.IsFinite(points[^1].GradNorm[^1]));
        foreach (string path in Directory.GetFiles(folder))
        {
            using Checkpoint checkpoint = Checkpoint.Open(path, spec);
            using Tensor weight = torch.zeros(8, 1, 3, 3);
            checkpoint.CopyTo("model.conv_in.weight", weight);
            Assert.True(weight.isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void Train_CheckpointOfAnotherSpec_IsRefused()
    {
        TrainingEnd end = Train(Spec, new TrainingSession { Folder = _folder }, []);
        SpecException error = Assert.Throws<SpecException>(() =>
            Train(Spec with { Seed = 1 }, new TrainingSession { Folder = _folder, ResumeFrom = end.Checkpoint }, []));
        Assert.Contains("another spec", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_DamagedCheckpoint_IsRefusedByName()
    {
        TrainingEnd end = Train(Spec, new TrainingSession { Folder = _folder }, []);
        byte[] bytes = File.ReadAllBytes(end.Checkpoint);
        bytes[^100] ^= 1;
        File.WriteAllBytes(end.Checkpoint, bytes);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            Train(Spec, new TrainingSession { Folder = _folder, ResumeFrom = end.Checkpoint }, []));
        Assert.Contains(end.Checkpoint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_MoreSteps_LeaveNoMoreTensorsBehind()
    {
        long Growth(int steps)
        {
            long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            Train(Spec with { Training = Spec.Training with { Steps = steps } }, new TrainingSession { Folder = NewFolder($"{steps}") }, []);
            return DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before;
        }

        // Each training leaves the process's cached tables, a handful, to the garbage collector.
        long few = Growth(3);
        Assert.InRange(few, 0, 10);
        Assert.Equal(few, Growth(12));
    }

    [Fact]
    public void Train_StoppedBeforeTheFirstStep_LeavesACheckpointOfStepZero()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        TrainingEnd end = Trainer.Train(Spec, new TrainingSession { Folder = _folder }, stop.Token);
        Assert.Equal((0, false), (end.StepsDone, end.Completed));
        using Checkpoint checkpoint = Checkpoint.Open(end.Checkpoint, Spec);
        Assert.Equal(0, checkpoint.Step);
    }
}
