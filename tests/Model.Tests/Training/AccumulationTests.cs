using System.Runtime.InteropServices;
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

/// <summary>A training in parts is the training with the whole batch, to the rounding of float32.</summary>
public sealed class AccumulationTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
        Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0.2, Groups = 4 },
        Process = new ProcessSpec { Timesteps = 4 },
        Training = new TrainingSpec
        {
            Steps = 6,
            BatchSize = 16,
            WarmupSteps = 2,
            HorizontalFlip = true,
            LogEvery = 1,
            // With so large an epsilon a step is smooth in the gradient; Adam's own turns the sign of a gradient of nothing but rounding into a whole step.
            Optimizer = new AdamOptimizer { LearningRate = 1e-3, Epsilon = 0.01 },
            Ema = [new ConstantEma { Decay = 0.5 }],
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-accumulate-").FullName;

    public AccumulationTests() => set_num_threads(1);

    public static TheoryData<Objective, Variance> Losses => ResumeTests.Losses;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Losses))]
    public void Train_InParts_AgreesWithTheWholeBatch(Objective objective, Variance variance)
        => AssertAgree(Spec with { Objective = objective, Process = Spec.Process with { Variance = variance } }, 4);

    [Fact]
    public void Train_LabelsImprovedNetworkAndCheckpointBlocks_AgreeToo()
    {
        Network network = new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4, Dropout = 0.2, Classes = 10, CheckpointBlocks = true };
        AssertAgree(Spec with { Network = network, Training = Spec.Training with { LabelDropout = 0.3 } }, 2);
    }

    [Fact]
    public void Train_ImportanceSampling_RecordsTheSameLossesInTheSamePlaces()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { TimestepSampler = new ImportanceTimesteps { History = 2 } } };
        AssertAgree(spec, 4);
        float[] counts = new float[4];
        RunSpec parts = spec with { Training = spec.Training with { Accumulation = 4 } };
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(_folder, "4", "step-00000006.safetensors"), parts);
        using Tensor read = zeros(4);
        checkpoint.CopyTo("timesteps.counts", read);
        read.data<float>().CopyTo(counts);
        Assert.Equal([2f, 2f, 2f, 2f], counts);
    }

    [Fact]
    public void Train_InPartsStoppedAndResumed_EndsBitIdentical()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Accumulation = 4, ClipReplicas = 8, ClipNorm = 0.1 } };
        (string straight, double[] whole) = Train(spec, "straight");
        (string first, double[] begun) = Train(spec, "first", stopAfter: 3);
        (string second, double[] rest) = Train(spec, "second", first);
        Assert.Equal((6, 3), (whole.Length, begun.Length));
        Assert.Equal(whole, begun.Concat(rest));
        Assert.Equal(File.ReadAllBytes(straight), File.ReadAllBytes(second));
    }

    [Theory]
    [InlineData(16, 3, 1, 1.0, "training.accumulation", "accumulation 3, batch_size 16")]
    [InlineData(16, 32, 1, 1.0, "training.accumulation", "accumulation 32, batch_size 16")]
    [InlineData(16, 1, 5, 1.0, "training.clip_replicas", "clip_replicas 5, batch_size 16")]
    [InlineData(24, 6, 4, 1.0, "training.clip_replicas", "clip_replicas 4, accumulation 6")]
    [InlineData(16, 1, 8, 0.0, "training.clip_replicas", "is 8, but clip_norm 0")]
    public void Check_PartsThatDoNotComeOutEven_AreRefusedWithBothValues(int batch, int parts, int replicas, double clipNorm, string path, string says)
    {
        TrainingSpec training = Spec.Training with { BatchSize = batch, Accumulation = parts, ClipReplicas = replicas, ClipNorm = clipNorm };
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(Spec with { Training = training }));
        Assert.Equal(path, error.Path);
        Assert.Contains(says, error.Reason, StringComparison.Ordinal);
    }

    private void AssertAgree(RunSpec spec, int parts)
    {
        (string wholePath, double[] whole) = Train(spec, "1");
        (string partsPath, double[] inParts) = Train(spec with { Training = spec.Training with { Accumulation = parts } }, $"{parts}");
        Assert.Equal(6, whole.Length);
        Assert.All(whole.Zip(inParts), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 2e-5 * Math.Abs(pair.First)));

        // Everything in the checkpoint: weights, their average, the moments, the losses of an importance sampler.
        float[] expected = Floats(wholePath);
        float[] values = Floats(partsPath);
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.InRange(Math.Abs(values[i] - expected[i]), 0, 2e-5f * Math.Max(0.1f, Math.Abs(expected[i])));
    }

    private static float[] Floats(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + (int)BitConverter.ToInt64(bytes))).ToArray();
    }

    private (string Checkpoint, double[] Losses) Train(RunSpec spec, string folder, string? from = null, int stopAfter = int.MaxValue)
    {
        RunChecks.Check(spec);
        using CancellationTokenSource stop = new();
        List<double> losses = [];
        TrainingEnd end = Trainer.Train(spec, new TrainingSession
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName,
            ResumeFrom = from,
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
