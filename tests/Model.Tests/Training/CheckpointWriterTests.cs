using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Model.Timesteps;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>Checkpoints are written beside training: what is in them is the state of their step, whatever training does meanwhile.</summary>
public sealed class CheckpointWriterTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 5,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2 },
        Process = new ProcessSpec { Timesteps = 4 },
        Training = new TrainingSpec
        {
            Steps = 12,
            BatchSize = 4,
            WarmupSteps = 0,
            LogEvery = 1,
            Optimizer = new AdamOptimizer { LearningRate = 1e-3 },
            Ema = [new WarmupEma { Decay = 0.9 }],
            TimestepSampler = new ImportanceTimesteps { History = 2 },
        },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-writer-").FullName;

    public CheckpointWriterTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_AfterTheStateMovedOn_HoldsWhatWasTaken()
    {
        using TrainingState state = new(Spec, 1, CPU) { Step = 3, Validation = new ValidationProgress { Step = 2 } };
        using TrainingSnapshot snapshot = new(state);
        string before = Path.Combine(_folder, "before");
        string taken = Path.Combine(_folder, "taken");
        state.LossHistory!.Record([1, 2], [0.5f, 0.25f]);
        state.Save(before);

        snapshot.Take();
        using (no_grad())
        {
            foreach ((_, Tensor buffer) in state.Buffers())
                buffer.add_(1);
        }

        state.LossHistory.Record([1, 3], [4, 5]);
        state.Step = 9;
        state.Validation = new ValidationProgress { Step = 8 };
        snapshot.Write(taken);
        Assert.Equal(File.ReadAllBytes(before), File.ReadAllBytes(taken));

        // The room is used again.
        state.Save(before);
        snapshot.Take();
        snapshot.Write(taken);
        Assert.Equal(File.ReadAllBytes(before), File.ReadAllBytes(taken));
    }

    [Fact]
    public void Train_WhileAFileIsBeingWritten_GoesOnAndTakesTheNextWhenItIsDone()
    {
        using ManualResetEventSlim go = new();
        int trainer = 0;
        List<(long Step, int Thread)> saved = [];
        TrainingEnd end = Trainer.Train(Spec, new TrainingSession
        {
            Folder = _folder,
            CheckpointInterval = TimeSpan.Zero,
            OnData = _ => trainer = Environment.CurrentManagedThreadId,
            OnCheckpoint = checkpoint =>
            {
                saved.Add((checkpoint.Step, Environment.CurrentManagedThreadId));
                if (checkpoint.Step == 1)
                    Assert.True(go.Wait(TimeSpan.FromMinutes(1)), "Training waited for the file.");
            },
            OnPoints = points =>
            {
                if (points.FirstStep == 7)
                    go.Set();
            },
        }, CancellationToken.None);

        // Nothing was begun while the first was under way, and the last step is written in any case.
        Assert.Equal(1, saved[0].Step);
        Assert.True(saved[1].Step >= 8, $"A file of step {saved[1].Step} was begun while another was being written.");
        Assert.Equal((12, 12), (saved[^1].Step, end.StepsDone));
        Assert.Equal(saved.Select(file => file.Step).Order(), saved.Select(file => file.Step));
        Assert.All(saved, file => Assert.Equal(file.Step == 12, file.Thread == trainer)); // nothing goes on beside the last one
        AssertComplete(saved.Select(file => file.Step));
    }

    [Fact]
    public void Train_KeepEvery_WritesExactlyThoseStepsHoweverSlowTheDisk()
    {
        List<SavedCheckpoint> saved = [];
        RunSpec spec = Spec with { Training = Spec.Training with { Checkpoints = new CheckpointSpec { KeepEvery = 3 } } };
        Trainer.Train(spec, new TrainingSession
        {
            Folder = _folder,
            CheckpointInterval = TimeSpan.FromDays(1),
            OnCheckpoint = checkpoint =>
            {
                saved.Add(checkpoint);
                Thread.Yield();
            },
        }, CancellationToken.None);
        Assert.Equal([3L, 6, 9, 12], saved.Select(checkpoint => checkpoint.Step));
        Assert.All(saved, checkpoint => Assert.True(checkpoint is { IsKept: true, IsReplaceable: false }));
        AssertComplete([3, 6, 9, 12], spec);
    }

    [Fact]
    public void Train_EveryFile_EndsAsThoseOfATrainingThatWroteOne()
    {
        string Train(string name, TimeSpan interval)
            => Trainer.Train(Spec, new TrainingSession { Folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName, CheckpointInterval = interval }, CancellationToken.None).Checkpoint;

        Assert.Equal(File.ReadAllBytes(Train("rare", TimeSpan.FromDays(1))), File.ReadAllBytes(Train("often", TimeSpan.Zero)));
    }

    [Fact]
    public void Train_FileCannotBeWritten_EndsWithItsPathLongBeforeTheLastStep()
    {
        string gone = Path.Combine(_folder, "gone");
        long steps = 0;
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 1_000_000 } };
        IOException error = Assert.Throws<IOException>(() => Trainer.Train(spec, new TrainingSession
        {
            Folder = gone,
            CheckpointInterval = TimeSpan.Zero,
            OnPoints = points => steps += points.Loss.Length,
            OnCheckpoint = _ => Assert.Fail("A file that was never written was reported."),
        }, CancellationToken.None));
        Assert.StartsWith($"The checkpoint {Path.Combine(gone, "step-00000001.safetensors")} could not be written: ", error.Message, StringComparison.Ordinal);
        Assert.InRange(steps, 1, 10_000);
    }

    [Fact]
    public void Train_LastFileCannotBeWritten_Throws()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "soon-gone")).FullName;
        IOException error = Assert.Throws<IOException>(() => Trainer.Train(Spec, new TrainingSession
        {
            Folder = folder,
            CheckpointInterval = TimeSpan.FromDays(1),
            OnPoints = points =>
            {
                if (points.FirstStep == 11)
                    Directory.Delete(folder);
            },
        }, CancellationToken.None));
        Assert.Contains("step-00000012.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_Diverges_WaitsForTheFileThatIsBeingWritten()
    {
        using ManualResetEventSlim diverged = new();
        List<long> complete = [];
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 400, ClipNorm = 0, Optimizer = new AdamOptimizer { LearningRate = 1e12, Epsilon = 1e-16, Beta2 = 0 } } };
        Assert.Throws<DivergedException>(() => Trainer.Train(spec, new TrainingSession
        {
            Folder = _folder,
            CheckpointInterval = TimeSpan.Zero,
            OnPoints = points =>
            {
                if (points.Loss.Concat(points.GradNorm).Any(value => !double.IsFinite(value)))
                    diverged.Set();
            },
            OnCheckpoint = checkpoint =>
            {
                diverged.Wait(TimeSpan.FromMinutes(1));
                complete.Add(checkpoint.Step);
            },
        }, CancellationToken.None));
        Assert.NotEmpty(complete);
        AssertComplete(complete, spec);
    }

    [Fact]
    public void Train_StoppedRightAfterACheckpoint_WritesItOnce()
    {
        using CancellationTokenSource stop = new();
        List<long> saved = [];
        TrainingEnd end = Trainer.Train(Spec with { Training = Spec.Training with { Checkpoints = new CheckpointSpec { KeepEvery = 4 } } }, new TrainingSession
        {
            Folder = _folder,
            OnPoints = points =>
            {
                if (points.FirstStep == 3)
                    stop.Cancel();
            },
            OnCheckpoint = checkpoint => saved.Add(checkpoint.Step),
        }, stop.Token);
        Assert.Equal((4, false), (end.StepsDone, end.Completed));
        Assert.Equal([4L], saved);
        Assert.True(File.Exists(end.Checkpoint));
    }

    // Every file is there under its own name, sound, and nothing half-written beside it.
    private void AssertComplete(IEnumerable<long> steps, RunSpec? spec = null)
    {
        foreach (string file in Directory.GetFiles(_folder))
        {
            using Checkpoint checkpoint = Checkpoint.Open(file, spec ?? Spec);
            Assert.Equal($"step-{checkpoint.Step:D8}.safetensors", Path.GetFileName(file));
        }

        Assert.Equal(steps.Select(step => $"step-{step:D8}.safetensors").Order(), Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }
}
