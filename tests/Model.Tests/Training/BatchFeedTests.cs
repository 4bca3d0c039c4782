using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>Batches drawn ahead are the batches, whatever ends the training.</summary>
public sealed class BatchFeedTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2, Classes = 10 },
        Process = new ProcessSpec { Timesteps = 4 },
        Training = new TrainingSpec { Steps = 6, BatchSize = 16, WarmupSteps = 0, LogEvery = 1, HorizontalFlip = true, LabelDropout = 0.2 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-feed-").FullName;

    public BatchFeedTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Train_DrawnAhead_EndsBitIdentical(bool learns)
    {
        RunSpec spec = Spec with { Training = Spec.Training with { TimestepSampler = learns ? new ImportanceTimesteps { History = 2 } : new UniformTimesteps() } };
        byte[] direct = File.ReadAllBytes(Train(spec, "direct", false).Checkpoint);
        Assert.Equal(direct, File.ReadAllBytes(Train(spec, "ahead", true).Checkpoint));

        // Stopped in the middle, with a batch waiting that nobody takes, and gone on with.
        TrainingEnd half = Train(spec, "half", true, stopAfter: 2);
        Assert.Equal(2, half.StepsDone);
        Assert.Equal(direct, File.ReadAllBytes(Train(spec, "rest", true, from: half.Checkpoint).Checkpoint));
    }

    [Fact]
    public void Train_ErrorWhileDrawingAhead_IsThrownWithItsPlaceAndStack()
    {
        // The data have ten classes, and the network is told of five: nothing but the labels of a batch shows it.
        RunSpec spec = Spec with { Network = (DdpmUnet)Spec.Network with { Classes = 5 } };
        SpecException error = Assert.Throws<SpecException>(() => Train(spec, "wrong", true));
        Assert.Equal("network.classes", error.Path);
        Assert.Contains(nameof(ImageSet.LabelsOf), error.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ErrorInTheTraining_EndsTheThreadThatDraws()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 1000 } };
        Assert.Throws<IOException>(() => Train(spec, "broken", true, onPoints: () => throw new IOException("no space")));

        // The system's thread goes a moment after the program's has ended.
        Assert.True(SpinWait.SpinUntil(() => DrawingThreads() == 0, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Dispose_BatchesThatNobodyTook_AreLetGo()
    {
        using DisposeScope scope = NewDisposeScope();
        BatchFeed feed = new(new BatchSource(Spec, Spec.Data.Load(Split.Train, null), CPU), 10, ahead: true);
        for (long step = 4; step < 7; step++)
            Assert.Equal([16, 1, 8, 8], feed.Next(step, null).X0.shape);
        Assert.True(SpinWait.SpinUntil(() => feed.Waiting == 1, TimeSpan.FromSeconds(30)));

        // Images, noise, labels, timesteps and weights.
        long before = DisposeScopeManager.Statistics.TensorStatistics.DisposedOutsideScopeCount;
        feed.Dispose();
        Assert.Equal(5, DisposeScopeManager.Statistics.TensorStatistics.DisposedOutsideScopeCount - before);
    }

    [Fact]
    public void Next_BeyondTheLastStepOrOutOfOrder_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        ImageSet images = Spec.Data.Load(Split.Train, null);
        using BatchFeed feed = new(new BatchSource(Spec, images, CPU), 2, ahead: true);
        feed.Next(1, null);
        Assert.Contains("only 2", Assert.Throws<InvalidOperationException>(() => feed.Next(2, null)).Message, StringComparison.Ordinal);
        using BatchFeed other = new(new BatchSource(Spec, images, CPU), 5, ahead: true);
        other.Next(1, null);
        Assert.Contains("out of order", Assert.Throws<InvalidOperationException>(() => other.Next(3, null)).Message, StringComparison.Ordinal);
    }

    // Known by their names, where the system lists threads.
    private static int DrawingThreads() => !Directory.Exists("/proc/self/task") ? 0
        : Directory.GetDirectories("/proc/self/task").Count(thread => NameOf(thread) == "batches ahead");

    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).Trim();
        }
        catch (IOException)
        {
            return "it ended just now";
        }
    }

    private TrainingEnd Train(RunSpec spec, string folder, bool ahead, string? from = null, int stopAfter = int.MaxValue, Action? onPoints = null)
    {
        using CancellationTokenSource stop = new();
        int steps = 0;
        return Trainer.Train(spec, new TrainingSession
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName,
            DrawAhead = ahead,
            ResumeFrom = from,
            OnPoints = points =>
            {
                onPoints?.Invoke();
                steps += points.Loss.Length;
                if (steps >= stopAfter)
                    stop.Cancel();
            },
        }, stop.Token);
    }
}
