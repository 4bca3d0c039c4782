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
        Sampling = new SamplingSpec { Sampler = new AncestralSampler(), Count = 400, BatchSize = 1 },
        Training = new TrainingSpec
        {
            Steps = 2000,
            BatchSize = 8,
            LogEvery = 10,
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
    public void Train_ACheckpointEachStep_HoldsAsMuchAsAfterAHundred()
        // Points are then handed over before a checkpoint only, when none is being written.
        => AssertNoLeak(Spec with { Training = Spec.Training with { Steps = 500, LogEvery = 1000 } }, TimeSpan.Zero, from: 100, to: 480);

    [Fact]
    public void Write_ManyBatches_HoldsAsMuchAsAfterAFew()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 1 } };
        string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;

        // The tensors differ within a step; at the same place of two batches they do not.
        int perBatch = spec.Process.Timesteps;
        Holdings Draw()
        {
            Holdings held = new(from: 100, to: spec.Sampling.Count);
            SampleWriter.Write(spec, checkpoint, "cpu", null, _folder, (done, _) =>
            {
                if (done % perBatch == 0)
                    held.At(done / perBatch);
            }, CancellationToken.None);
            return held;
        }

        Draw();
        Draw().AssertEqual();
    }

    // What the runtime compiles in the first hundreds of steps takes memory and gives it back: the second training is the one that is measured.
    private void AssertNoLeak(RunSpec spec, TimeSpan checkpointInterval, long from, long to)
    {
        Train(spec with { Training = spec.Training with { Steps = Math.Min(spec.Training.Steps, 500) } });
        Train(spec).AssertEqual();

        Holdings Train(RunSpec run)
        {
            Holdings held = new(from, to);
            Trainer.Train(run, new TrainingSession
            {
                Folder = _folder,
                CheckpointInterval = checkpointInterval,
                OnPoints = points => held.At(points.FirstStep + points.Loss.Length),
                OnCheckpoint = saved => File.Delete(saved.Path),
            }, CancellationToken.None);
            return held;
        }
    }

    /// <summary>What is held after the first and before the last steps; of several readings the lowest counts, since other threads of the runtime take memory for a moment.</summary>
    private sealed class Holdings(long from, long to)
    {
        private const int Window = 100;
        private const int Apart = 20;

        private readonly List<(long Tensors, long Bytes)> _early = [], _late = [];
        private readonly long _lastEarly = from + Window;
        private readonly long _firstLate = to - Window;
        private long _next = from;

        /// <summary>Reads what is held after a number of steps, where that is one of those that count.</summary>
        public void At(long done)
        {
            if (done < _next || (done > _lastEarly && done < _firstLate))
                return;
            _next = done + Apart;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            (done <= _lastEarly ? _early : _late).Add((Tensor.TotalCount, Malloc.IsKnown ? Malloc.InUse() : 0));
        }

        public void AssertEqual()
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join(", ", _early)}, then {string.Join(", ", _late)}");
            Assert.True(_early.Count >= 3 && _late.Count >= 3, $"{_early.Count} early and {_late.Count} late readings are too few."); // a hand-over waits for the disk, so their number varies
            (long tensors, long bytes) = (_early.Min(held => held.Tensors), _early.Min(held => held.Bytes));
            Assert.All(_late, held => Assert.True(held.Tensors == tensors, $"{tensors} tensors became {held.Tensors}."));
            Assert.SkipUnless(Malloc.IsKnown, "This C library does not tell how much memory is in use.");
            Assert.True(_late.Min(held => held.Bytes) <= bytes * (1 + Share), $"{bytes} bytes of native memory became {_late.Min(held => held.Bytes)}.");
        }
    }
}
