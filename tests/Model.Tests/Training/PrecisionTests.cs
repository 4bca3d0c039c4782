using System.Runtime.InteropServices;
using System.Text;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>bfloat16 products beside float32 everything else, on the CPU, where libtorch has them too.</summary>
public sealed class PrecisionTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
        Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0.2, Groups = 4 },
        Process = new ProcessSpec { Timesteps = 50 },
        Training = new TrainingSpec
        {
            Steps = 12, BatchSize = 32, WarmupSteps = 0, LogEvery = 1, Optimizer = new AdamOptimizer { LearningRate = 2e-3 }, Precision = Precision.Bf16,
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-precision-").FullName;

    public PrecisionTests() => set_num_threads(1);

    public static TheoryData<string> Networks => ["ddpm_unet", "improved_unet"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Train_Bf16_FollowsFloat32AndKeepsItsWeightsInFloat32(string network)
    {
        RunSpec narrow = Spec with { Network = Small(network) };
        (string path, List<TrainingPoints> points) = Train(narrow, "bf16");
        (_, List<TrainingPoints> wide) = Train(narrow with { Training = narrow.Training with { Precision = Precision.Float32 } }, "float32");

        // A product is off by up to 2^-9 of its size; the losses of the first steps by a few of those, and never by nothing.
        for (int step = 0; step < 12; step++)
        {
            Assert.InRange(Math.Abs(points[step].Loss[0] - wide[step].Loss[0]), 0, 0.02 * wide[step].Loss[0]);
            Assert.True(double.IsFinite(points[step].GradNorm[0]));
        }

        Assert.NotEqual(wide.Select(step => step.Loss[0]), points.Select(step => step.Loss[0]));
        Assert.InRange(points[11].Loss[0], 0, 0.97 * points[0].Loss[0]);

        // The file holds float32, and more of it than bfloat16 can say.
        byte[] bytes = File.ReadAllBytes(path);
        int header = (int)BitConverter.ToInt64(bytes);
        Assert.DoesNotContain("BF16", Encoding.UTF8.GetString(bytes, 8, header), StringComparison.Ordinal);
        uint[] words = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(8 + header)).ToArray();
        Assert.InRange(words.Count(word => (word & 0xFFFF) != 0), words.Length / 2, words.Length);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Train_Bf16StoppedAndResumed_EndsBitIdentical(string network)
    {
        RunSpec spec = Spec with { Network = Small(network), Training = Spec.Training with { Steps = 5, Accumulation = 2 } };
        string straight = Train(spec, "straight").Checkpoint;
        string first = Train(spec, "first", stopAfter: 3).Checkpoint;
        Assert.Equal(File.ReadAllBytes(straight), File.ReadAllBytes(Train(spec, "second", from: first).Checkpoint));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Train_Bf16WithCheckpointBlocks_EndsBitIdentical(string network)
    {
        RunSpec spec = Spec with { Network = Small(network), Training = Spec.Training with { Steps = 3 } };
        RunSpec again = spec with { Network = Small(network, checkpoint: true) };
        byte[] Weights(RunSpec spec, string folder)
        {
            byte[] bytes = File.ReadAllBytes(Train(spec, folder).Checkpoint);
            return bytes[(8 + (int)BitConverter.ToInt64(bytes))..];
        }

        Assert.Equal(Weights(spec, "kept"), Weights(again, "recomputed"));
    }

    [Fact]
    public void Product_InForce_NarrowsTheInputsAndWidensTheResult()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = arange(1, 13, float32).view(1, 3, 4) / 7;
        Tensor b = arange(1, 9, float32).view(1, 4, 2) / 3;
        Tensor expected = bmm(a.to(bfloat16), b.to(bfloat16)).to(float32);
        Tensor wide = bmm(a, b);
        using (MixedPrecision.Use(Precision.Bf16))
        {
            Tensor product = MixedPrecision.Product(a, b);
            Assert.Equal(float32, product.dtype);
            Assert.Equal(expected.data<float>().ToArray(), product.data<float>().ToArray());
            using (MixedPrecision.Use(Precision.Float32))
                Assert.Equal(wide.data<float>().ToArray(), MixedPrecision.Product(a, b).data<float>().ToArray());
            Assert.Equal(expected.data<float>().ToArray(), MixedPrecision.Product(a, b).data<float>().ToArray());
        }

        Assert.Equal(wide.data<float>().ToArray(), MixedPrecision.Product(a, b).data<float>().ToArray());
        Assert.NotEqual(expected.data<float>().ToArray(), wide.data<float>().ToArray());
    }

    [Fact]
    public async Task Carried_CalledOnAnotherThread_ComputesAsWhereItWasMade()
    {
        ScalarType Type(Tensor x) => MixedPrecision.Product(x, x, x, (x, _, _) => x.dtype == bfloat16 ? x.add(1) : x).item<float>() == 2 ? bfloat16 : float32;
        Func<Tensor, Tensor, Tensor, Tensor> carried;
        using (MixedPrecision.Use(Precision.Bf16))
            carried = MixedPrecision.Carried((x, _, _) => Type(x) == bfloat16 ? zeros(1) : ones(1));
        float[] seen = await Task.Run(() =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor one = ones(1);
            return new[] { carried(one, one, one).item<float>(), Type(one) == float32 ? 5f : 6f };
        }, TestContext.Current.CancellationToken);
        Assert.Equal([0f, 5f], seen);
    }

    [Fact]
    public void Check_Tf32BesideBf16_IsRefused()
    {
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(Spec with { Training = Spec.Training with { Tf32 = true } }));
        Assert.Equal("training.tf32", error.Path);
        Assert.Contains("bf16", error.Reason, StringComparison.Ordinal);
    }

    private static Network Small(string kind, bool checkpoint = false) => kind == "ddpm_unet"
        ? (DdpmUnet)Spec.Network with { CheckpointBlocks = checkpoint }
        : new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4, Dropout = 0.2, CheckpointBlocks = checkpoint };

    private (string Checkpoint, List<TrainingPoints> Points) Train(RunSpec spec, string folder, string? from = null, int stopAfter = int.MaxValue)
    {
        using CancellationTokenSource stop = new();
        List<TrainingPoints> all = [];
        TrainingEnd end = Trainer.Train(spec, new TrainingSession
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName,
            ResumeFrom = from,
            OnPoints = points =>
            {
                all.Add(points);
                if (all.Count >= stopAfter)
                    stop.Cancel();
            },
        }, stop.Token);
        return (end.Checkpoint, all);
    }
}
