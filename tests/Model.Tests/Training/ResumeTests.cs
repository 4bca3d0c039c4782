using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using DdpmJobs.Model.Training;
using DdpmJobs.Model.Variances;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>A training that is stopped and goes on ends bit-identical to one that never stopped, whatever its parts are.</summary>
public sealed class ResumeTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2 },
        Process = new ProcessSpec { Timesteps = 4 },
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
        Training = new TrainingSpec
        {
            Steps = 5,
            BatchSize = 16,
            WarmupSteps = 0,
            LogEvery = 1,
            Optimizer = new AdamOptimizer { LearningRate = 1e-3 },
            Ema = [new WarmupEma { Decay = 0.9 }, new PowerFunctionEma()],
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-resume-").FullName;

    public ResumeTests() => set_num_threads(1);

    public static TheoryData<Objective, Variance> Losses
    {
        get
        {
            TheoryData<Objective, Variance> pairs = [];
            foreach (Objective objective in Every<Objective>())
            {
                foreach (Variance variance in Every<Variance>().Where(variance => IsPossible(With(objective, variance))))
                    pairs.Add(objective, variance);
            }

            return pairs;
        }
    }

    public static TheoryData<TimestepSampler> Samplers
        => [.. Every<TimestepSampler>().Select(sampler => sampler is ImportanceTimesteps importance ? importance with { History = 2 } : sampler)];

    public static TheoryData<Optimizer> Optimizers => [.. Every<Optimizer>()];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Losses))]
    public void Train_EveryObjectiveAndVariance_EndsBitIdentical(Objective objective, Variance variance) => AssertResumes(With(objective, variance));

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Train_EveryTimestepSampler_EndsBitIdentical(TimestepSampler sampler)
        => AssertResumes(Spec with { Training = Spec.Training with { TimestepSampler = sampler } });

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Train_EveryOptimizer_EndsBitIdentical(Optimizer optimizer)
        => AssertResumes(Spec with { Training = Spec.Training with { Optimizer = optimizer } });

    [Fact]
    public void Train_Importance_KeepsItsLossesInTheCheckpointAndDrawsByThem()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { TimestepSampler = new ImportanceTimesteps { History = 2 } } };
        (string path, double[] losses) = Train(spec, "learned", null, int.MaxValue);
        using (Checkpoint checkpoint = Checkpoint.Open(path, spec))
        {
            using Tensor counts = zeros(4);
            checkpoint.CopyTo("timesteps.counts", counts);
            Assert.Equal([2f, 2f, 2f, 2f], counts.data<float>().ToArray());
        }

        // The draws are those of uniform until every timestep has its losses, and others from then on.
        (_, double[] uniform) = Train(Spec, "uniform", null, int.MaxValue);
        Assert.NotEqual(uniform[4], losses[4]);
    }

    private static TFamily[] Every<TFamily>() => [.. typeof(TFamily).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(TFamily)) && !type.IsAbstract).Select(type => (TFamily)Activator.CreateInstance(type)!)];

    private static RunSpec With(Objective objective, Variance variance) => Spec with { Objective = objective, Process = Spec.Process with { Variance = variance } };

    private static bool IsPossible(RunSpec spec)
    {
        try
        {
            RunChecks.Check(spec);
            return true;
        }
        catch (SpecException)
        {
            return false;
        }
    }

    private void AssertResumes(RunSpec spec)
    {
        (string straight, double[] whole) = Train(spec, "straight", null, int.MaxValue);
        (string first, double[] begun) = Train(spec, "first", null, 3);
        (string second, double[] rest) = Train(spec, "second", first, int.MaxValue);
        Assert.Equal((5, 3, 2), (whole.Length, begun.Length, rest.Length));
        Assert.Equal(whole, begun.Concat(rest));
        Assert.Equal(File.ReadAllBytes(straight), File.ReadAllBytes(second));
        Assert.All(whole, loss => Assert.True(double.IsFinite(loss)));
    }

    private (string Checkpoint, double[] Losses) Train(RunSpec spec, string folder, string? resumeFrom, int stopAfter)
    {
        using CancellationTokenSource stop = new();
        List<double> losses = [];
        TrainingEnd end = Trainer.Train(spec, new TrainingSession
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName,
            ResumeFrom = resumeFrom,
            OnPoints = points =>
            {
                losses.AddRange(points.Loss);
                if (losses.Count >= stopAfter)
                    stop.Cancel();
            },
        }, stop.Token);
        return (end.Checkpoint, [.. losses]);
    }
}
