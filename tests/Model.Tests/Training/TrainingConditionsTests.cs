using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>A checkpoint says what it was made on, and a training that goes on elsewhere says so and stays near.</summary>
public sealed class TrainingConditionsTests : IDisposable
{
    // The bounds of docs/training.md, "Elsewhere", stated there for 100 steps.
    private const double LossBound = 1e-4;
    private const double WeightBound = 1e-5;

    private static readonly TrainingConditions Here = new("cpu", 1, "AuthenticAMD 26.2", "AVX-512", "2.10.0", "Debian GNU/Linux 12 (bookworm) X64", "0.1.0");

    private static readonly RunSpec Spec = new()
    {
        Seed = 5,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 16, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0.1, Groups = 8 },
        Training = new TrainingSpec { Steps = 24, BatchSize = 16, WarmupSteps = 5, LogEvery = 1, Optimizer = new AdamOptimizer { LearningRate = 1e-3 }, Ema = [new WarmupEma { Decay = 0.9 }] },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-conditions-").FullName;

    public TrainingConditionsTests() => set_num_threads(1);

    public static TheoryData<TrainingConditions, string?> Others => new()
    {
        { Here, null },
        { Here with { Threads = 2 }, "on 2 threads instead of 1" },
        { Here with { Device = "cuda" }, "on cuda instead of cpu" },
        { Here with { Processor = "GenuineIntel 6.143", Instructions = "AVX2" }, "on a processor GenuineIntel 6.143 instead of AuthenticAMD 26.2, with AVX2 instructions instead of AVX-512" },
        { Here with { Libtorch = "2.11.0" }, "with libtorch 2.11.0 instead of 2.10.0" },
        { Here with { System = "Debian GNU/Linux 13 (trixie) X64" }, "on Debian GNU/Linux 13 (trixie) X64 instead of Debian GNU/Linux 12 (bookworm) X64" },
        { Here with { Version = "0.2.0" }, "with DdpmJobs 0.2.0 instead of 0.1.0" },
    };

    public void Dispose()
    {
        set_num_threads(1);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void DifferenceFrom_OtherConditions_SaysWhat(TrainingConditions now, string? difference) => Assert.Equal(difference, now.DifferenceFrom(Here));

    [Fact]
    public void Now_ThisProcess_IsTheSameTwiceAndKnowsTheThreads()
    {
        TrainingConditions once = TrainingConditions.Now("cpu");
        Assert.Equal(once, TrainingConditions.Now("cpu"));
        Assert.Equal(("cpu", 1), (once.Device, once.Threads));
        Assert.All(new[] { once.Processor, once.Instructions, once.Libtorch, once.System, once.Version }, text => Assert.NotEmpty(text));
        Assert.Equal("cuda", TrainingConditions.Now("cuda:1").Device);
    }

    [Fact]
    public void IsExact_OnCuda_IsNeverPromised()
    {
        TrainingConditions cuda = Here with { Device = "cuda" };
        Resumption resumption = new(5, cuda, cuda);
        Assert.False(resumption.IsExact);
        Assert.Equal("on cuda, where no two runs need be equal", resumption.Reason);
    }

    [Fact]
    public void Train_ResumedUnderTheSameConditions_IsExactAndTheFileHasOneStretch()
    {
        (string first, _, _) = Train("first", null, stopAfter: 12);
        (string second, _, Resumption? resumption) = Train("second", first);
        Assert.Equal((12, true, null), (resumption!.Step, resumption.IsExact, resumption.Reason));
        using Checkpoint checkpoint = Checkpoint.Open(second, Spec);
        Assert.Equal(1, Stretches(checkpoint));
    }

    [Fact]
    public void Train_ResumedOnTwoThreads_SaysSoInFileAndSessionAndStaysWithinTheStatedBound()
    {
        (string straight, double[] whole, Resumption? none) = Train("straight", null);
        Assert.Null(none);
        (string first, _, _) = Train("first", null, stopAfter: 12);
        set_num_threads(2);
        (string second, double[] rest, Resumption? resumption) = Train("second", first);
        Assert.Equal((12, false, "on 2 threads instead of 1"), (resumption!.Step, resumption.IsExact, resumption.Reason));

        double apart = whole[12..].Zip(rest, (a, b) => Math.Abs(a - b) / Math.Abs(a)).Max();
        Assert.True(apart <= LossBound, $"The losses are {apart} apart, relatively.");
        double[] there = Weights(straight), here = Weights(second);
        double far = Math.Sqrt(there.Zip(here, (a, b) => (a - b) * (a - b)).Sum() / there.Sum(a => a * a));
        Assert.True(far <= WeightBound, $"The weights are {far} of their norm apart.");

        // The file says it to whoever goes on from it, back on one thread too.
        set_num_threads(1);
        using (Checkpoint checkpoint = Checkpoint.Open(second, Spec))
            Assert.Equal(2, Stretches(checkpoint));
    }

    [Fact]
    public void Train_ResumedElsewhereForNoStepAndBack_IsExact()
    {
        (string first, _, _) = Train("first", null, stopAfter: 12);
        set_num_threads(2);
        (string idle, double[] losses, _) = Train("idle", first, stopAfter: 0);
        Assert.Empty(losses);
        set_num_threads(1);
        (string second, _, Resumption? resumption) = Train("second", idle);
        Assert.True(resumption!.IsExact);
        Assert.Equal(File.ReadAllBytes(Train("straight", null).Checkpoint), File.ReadAllBytes(second));
    }

    [Fact]
    public void GoOn_CheckpointWithoutConditions_IsNotKnown()
    {
        (ConditionsHistory history, Resumption resumption) = ConditionsHistory.Read(null, "old.safetensors").GoOn(7, Here);
        Assert.Null(resumption.IsExact);
        Assert.Equal("of a checkpoint that does not say what it was made on", resumption.Reason);
        Assert.Contains("\"from_step\":7", history.Text);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("[{\"from_step\":0}]")]
    public void Read_DamagedConditions_NamesTheFile(string text)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ConditionsHistory.Read(text, "bad.safetensors"));
        Assert.Contains("bad.safetensors is damaged: its conditions cannot be read", error.Message);
    }

    private static double[] Weights(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. file.Entries.Values.Where(entry => entry.Name.StartsWith("model.", StringComparison.Ordinal)).SelectMany(entry =>
        {
            float[] values = new float[entry.Length / sizeof(float)];
            file.Read(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
            return values.Select(value => (double)value);
        })];
    }

    private static int Stretches(Checkpoint checkpoint) => System.Text.Json.Nodes.JsonNode.Parse(checkpoint.Conditions!)!.AsArray().Count;

    private (string Checkpoint, double[] Losses, Resumption? Resumption) Train(string folder, string? resumeFrom, int stopAfter = int.MaxValue)
    {
        using CancellationTokenSource stop = new();
        if (stopAfter == 0)
            stop.Cancel();
        List<double> losses = [];
        Resumption? resumption = null;
        TrainingEnd end = Trainer.Train(Spec, new TrainingSession
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName,
            ResumeFrom = resumeFrom,
            OnResumed = how => resumption = how,
            OnPoints = points =>
            {
                losses.AddRange(points.Loss);
                if (losses.Count >= stopAfter)
                    stop.Cancel();
            },
        }, stop.Token);
        return (end.Checkpoint, [.. losses], resumption);
    }
}
