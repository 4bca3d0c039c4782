using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>Nothing is kept from one step, checkpoint or batch to the next.</summary>
/// <remarks>TorchSharp's tensors are counted too: a finaliser frees a forgotten one some time, so that the memory alone may hide it.</remarks>
public sealed class LeakTests : IDisposable
{
    private const double Share = 0.01;

    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2 },
        Process = new ProcessSpec { Timesteps = 8 },
        Sampling = new SamplingSpec { Sampler = new AncestralSampler(), Count = 500, BatchSize = 1 },
        Training = new TrainingSpec
        {
            Steps = 2000,
            BatchSize = 8,
            LogEvery = 20,
            HorizontalFlip = true,
            TimestepSampler = new ImportanceTimesteps { History = 3 },
            Ema = [new ConstantEma()],
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-leak-").FullName;

    public LeakTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_TwoThousandSteps_HoldsAsMuchAsAfterAHundred() => AssertNoLeak(Spec, TimeSpan.FromHours(1), from: 100, to: 2000);

    [Fact]
    public void Train_ACheckpointEachStep_HoldsAsMuchAsAfterAFew()
        // Points are then handed over before a checkpoint only, when none is being written.
        => AssertNoLeak(Spec with { Training = Spec.Training with { Steps = 1000, LogEvery = 1000 } }, TimeSpan.Zero, from: 500, to: 980);

    [Fact]
    public void Write_ManyBatches_HoldsAsMuchAsAfterAFew()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 1 } };
        string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;

        // The tensors differ within a step; at the same place of two batches they do not. The first batches make the runtime compile what is called often.
        Dictionary<long, Holding> held = [];
        int perBatch = spec.Process.Timesteps;
        SampleWriter.Write(spec, checkpoint, "cpu", null, _folder, (done, _) =>
        {
            if (done == 300 * perBatch || done == 500 * perBatch)
                held[done] = Holding.Now();
        }, CancellationToken.None);
        AssertEqual(held[300 * perBatch], held[500 * perBatch]);
    }

    private void AssertNoLeak(RunSpec spec, TimeSpan checkpointInterval, long from, long to)
    {
        long seen = 0; Holding? early = null, late = null;
        Trainer.Train(spec, new TrainingSession
        {
            Folder = _folder,
            CheckpointInterval = checkpointInterval,
            OnPoints = points =>
            {
                long done = points.FirstStep + points.Loss.Length;
                if (done / 100 > seen) { seen = done / 100; TestContext.Current.TestOutputHelper?.WriteLine($"{done} {Holding.Now()} {System.Threading.ThreadPool.ThreadCount} {System.Runtime.JitInfo.GetCompiledMethodCount()}"); }
                if (done >= from)
                    early ??= Holding.Now();
                if (done >= to)
                    late ??= Holding.Now();
            },
            OnCheckpoint = saved =>
            {
                if (saved.Step < spec.Training.Steps)
                    File.Delete(saved.Path);
            },
        }, CancellationToken.None);
        AssertEqual(early!.Value, late!.Value);
    }

    private static void AssertEqual(Holding early, Holding late)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{early}, then {late}");
        Assert.True(early.Tensors == late.Tensors, $"{early.Tensors} tensors became {late.Tensors}.");
        Assert.SkipUnless(Malloc.IsKnown, "This C library does not tell how much memory is in use.");
        Assert.True(late.Bytes <= early.Bytes * (1 + Share), $"{early.Bytes} bytes of native memory became {late.Bytes}.");
    }

    private readonly record struct Holding(long Tensors, long Bytes)
    {
        public static Holding Now()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return new Holding(Tensor.TotalCount, Malloc.IsKnown ? Malloc.InUse() : 0);
        }
    }
}
