using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>What is logged beside loss, gradient norm and learning rate, against straightforward computations.</summary>
public sealed class LoggingTests : IDisposable
{
    private const int Timesteps = 50;

    private static readonly RunSpec Spec = new()
    {
        Seed = 11,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2 },
        Process = new ProcessSpec { Timesteps = Timesteps },
        Objective = new ProbeObjective(),
        Training = new TrainingSpec
        {
            Steps = 25,
            BatchSize = 6,
            WarmupSteps = 0,
            LogEvery = 2,
            Optimizer = new AdamOptimizer { LearningRate = 1e-2 },
            Ema = [new WarmupEma { Decay = 0.9 }, new ConstantEma { Decay = 0.5 }],
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-logging-").FullName;

    public LoggingTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_QuartersOfT_AreTheMeanLossesOfTheWindow() => AssertMeans("loss_q", "D1", bins: 4, [.. Enumerable.Range(1, 12).Select(i => 2 * i), 25]);

    [Fact]
    public void Train_BinsOfT_AreTheMeanLossesOfTenWindows() => AssertMeans("loss_t", "D2", bins: 20, [20, 25]);

    [Fact]
    public void Train_StoppedInTheMiddleOfAWindow_LogsWhatOneNeverStoppedDoes()
    {
        List<(long, string, double)> whole = Logged(Train("whole", null, long.MaxValue).Points);

        (TrainingEnd first, List<TrainingPoints> points) = Train("first", null, stopAfter: 7);
        Assert.Equal(7, first.StepsDone);
        (_, List<TrainingPoints> rest) = Train("second", first.Checkpoint, long.MaxValue);

        Assert.Equal(whole, Logged([.. points, .. rest]));
        Assert.Contains(whole, value => value is (21, "loss_q0" or "loss_q1" or "loss_q2" or "loss_q3", _));
    }

    [Fact]
    public void Train_EmaDrift_IsTheRelativeDistanceOfEachAverageFromTheWeights()
    {
        (TrainingEnd end, List<TrainingPoints> points) = Train("drift", null, long.MaxValue);
        using TrainingState state = new(Spec, 1, CPU);
        state.Load(end.Checkpoint);
        for (int i = 0; i < 2; i++)
        {
            double distance = ((state.Averages[i] - state.Values).to(float64).norm() / state.Values.to(float64).norm()).item<double>();
            Assert.True(distance > 1e-4);
            Assert.Equal(distance, points[^1].AtLastStep[$"ema_drift_{i}"], 1e-6 * distance);
        }

        Assert.False(points[^1].AtLastStep.ContainsKey("ema_drift_2"));
    }

    [Fact]
    public void Of_MoreWeightsThanOnePiece_IsTheDistanceOfAllOfThem()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = arange(2_500_000, dtype: float32) / 2_500_000 - 0.3;
        Tensor average = values * 0.75;
        double[] drifts = EmaDrift.Of(values, [average, values]);
        Assert.Equal(0.25, drifts[0], 1e-6);
        Assert.Equal(0, drifts[1]);
    }

    [Fact]
    public void Train_Memory_IsThatOfTheProcessInBytes()
    {
        (_, List<TrainingPoints> points) = Train("memory", null, long.MaxValue);
        double bytes = points[^1].AtLastStep["memory_bytes"];
        Assert.InRange(bytes, 0.3 * Environment.WorkingSet, 3.0 * Environment.WorkingSet);
    }

    [Fact]
    public void Take_SumsThatWentThroughTheCheckpointsFloats_LoseNoBit()
    {
        BinnedLosses bins = new(1, 1);
        double sum = 0;
        for (int i = 0; i < 1000; i++)
        {
            float loss = 1f / (i + 3);
            sum += loss;
            bins.Add([0], [loss]);
            BinnedLosses loaded = new(1, 1);
            bins.State.CopyTo(loaded.State, 0);
            bins = loaded;
        }

        Assert.Equal([(0, sum / 1000)], bins.Take());
        Assert.Empty(bins.Take());
    }

    private void AssertMeans(string name, string format, int bins, int[] windowEnds)
    {
        (_, List<TrainingPoints> points) = Train("means", null, long.MaxValue);
        List<(long, string, double)> logged = [.. Logged(points).Where(value => value.Name.StartsWith(name, StringComparison.Ordinal)).Order()];

        // The same from the losses of the images as the objective gave them.
        List<(long, string, double)> expected = [];
        int begin = 0;
        foreach (int end in windowEnds)
        {
            foreach (IGrouping<long, double> bin in ProbeObjective.Noted.Where(step => step.Step >= begin && step.Step < end)
                .SelectMany(step => step.T.Zip(step.Losses)).GroupBy(image => image.First * bins / Timesteps, image => (double)image.Second))
            {
                expected.Add((end - 1, name + bin.Key.ToString(format), bin.Sum() / bin.Count()));
            }

            begin = end;
        }

        Assert.Equal([.. expected.Order()], logged);
        Assert.True(expected.Count > windowEnds.Length * bins / 2);
    }

    private (TrainingEnd End, List<TrainingPoints> Points) Train(string folder, string? resumeFrom, long stopAfter)
    {
        ProbeObjective.Begin(0);
        using CancellationTokenSource stop = new();
        ProbeObjective.OnStep = step =>
        {
            if (step + 1 == stopAfter)
                stop.Cancel();
        };
        List<TrainingPoints> points = [];
        TrainingSession session = new() { Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, ResumeFrom = resumeFrom, OnPoints = points.Add };
        return (Trainer.Train(Spec, session, stop.Token), points);
    }

    private static List<(long Step, string Name, double Value)> Logged(IReadOnlyList<TrainingPoints> points) => [.. points
        .SelectMany(point => point.AtLastStep.Where(value => value.Key != "memory_bytes").Select(value => (point.FirstStep + point.Loss.Length - 1, value.Key, value.Value)))];
}
