using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Checkpoints;

/// <summary>A checkpoint says which spec, which table of betas and which images it was made with, and none of the three can be exchanged unnoticed.</summary>
public sealed class CheckpointIdentityTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Data = new PackedTiles { File = "tiles.bin", Height = 4, Width = 4, Channels = 1, TestFraction = 0.2 },
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Groups = 2 },
        Process = new ProcessSpec { Timesteps = 4 },
        Training = new TrainingSpec { Steps = 2, BatchSize = 4, WarmupSteps = 0 },
        Evaluation = new EvaluationSpec { Metrics = [new NllMetric { Images = 1 }] },
        Sampling = new SamplingSpec { Count = 1 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-identity-").FullName;

    public CheckpointIdentityTests()
    {
        set_num_threads(1);
        WriteTiles(start: 0);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void WriteTiles(int start) => File.WriteAllBytes(Path.Combine(_folder, "tiles.bin"), [.. Enumerable.Range(start, 40 * 16).Select(i => (byte)(i * 37 + i / 251))]);

    private TrainingEnd Train(string? resumeFrom = null, Action<string>? onData = null)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, Path.GetRandomFileName())).FullName;
        return Trainer.Train(Spec, new TrainingSession { Folder = folder, DataFolder = _folder, ResumeFrom = resumeFrom, OnData = onData }, CancellationToken.None);
    }

    // The same file with another header.
    private string Rewrite(string checkpoint, Action<Dictionary<string, string>> change)
    {
        using SafetensorsFile file = SafetensorsFile.Open(checkpoint);
        Dictionary<string, string> metadata = new(file.Metadata);
        metadata.Remove(Safetensors.Sha256Key);
        change(metadata);
        string copy = Path.Combine(_folder, Path.GetRandomFileName());
        Safetensors.Write(copy, metadata, [.. file.Entries.Values.Select(entry =>
        {
            byte[] bytes = new byte[entry.Length];
            file.Read(entry, bytes);
            return new SafetensorContent(entry.Name, entry.Type, entry.Shape, stream => stream.Write(bytes));
        })]);
        return copy;
    }

    [Fact]
    public void Train_Checkpoint_CarriesSpecScheduleAndData()
    {
        string? read = null;
        using Checkpoint checkpoint = Checkpoint.Open(Train(onData: hash => read = hash).Checkpoint);
        Assert.Equal(SpecJson.Hash(Spec), checkpoint.SpecHash);
        Assert.Equal(ScheduleHash.Of(Spec.Process), checkpoint.ScheduleHash);
        Assert.Equal(Spec.Data.Load(Split.Train, _folder).ContentHash, checkpoint.DataHash);
        Assert.Equal(checkpoint.DataHash, read);
        Assert.Empty(checkpoint.Origin);
    }

    [Fact]
    public void ScheduleHash_SameName_TellsTablesApart()
    {
        // SHA-256 of the eight bytes of 1e-4, by Python's struct and hashlib; a single value is the start.
        Assert.Equal("244daf676b076b34d5be3f723196f6a9a2fa7e81a05c781394a14fa645e1d6d8", ScheduleHash.Of(new ProcessSpec { Timesteps = 1 }));
        string[] hashes =
        [
            ScheduleHash.Of(new ProcessSpec { Timesteps = 1000 }),
            ScheduleHash.Of(new ProcessSpec { Timesteps = 999 }),
            ScheduleHash.Of(new ProcessSpec { Timesteps = 999, Schedule = new LinearScaledSchedule() }),
            ScheduleHash.Of(new ProcessSpec { Timesteps = 1000, Schedule = new LinearSchedule { BetaEnd = 0.0200001 } }),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());

        // At T = 1000 the two families called linear are one table, and so have one identity.
        Assert.Equal(hashes[0], ScheduleHash.Of(new ProcessSpec { Timesteps = 1000, Schedule = new LinearScaledSchedule() }));
    }

    [Fact]
    public void Train_ResumedOnOtherImages_IsRefusedWithBothHashes()
    {
        string checkpoint = Train().Checkpoint;
        string there = Spec.Data.Load(Split.Train, _folder).ContentHash;
        Assert.True(Train(checkpoint).Completed);

        WriteTiles(start: 5);
        string now = Spec.Data.Load(Split.Train, _folder).ContentHash;
        SpecException error = Assert.Throws<SpecException>(() => Train(checkpoint));
        Assert.Equal("data", error.Path);
        Assert.Contains($"other images than packed_tiles gives now: their content hash was {there}, and is {now}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Use_CheckpointOfAnotherTable_IsRefusedEverywhere()
    {
        string other = new('0', 64);
        string checkpoint = Rewrite(Train().Checkpoint, metadata => metadata["schedule_hash"] = other);
        Action[] uses =
        [
            () => Train(checkpoint),
            () => Evaluator.Evaluate(Spec, new EvaluationSession { Checkpoint = checkpoint, DataFolder = _folder }, CancellationToken.None),
            () => SampleWriter.Write(Spec, checkpoint, "cpu", null, _folder, null, CancellationToken.None),
            () => CheckpointExport.Export(checkpoint, "ema.0", Path.Combine(_folder, "pipeline")),
        ];
        Assert.All(uses, use =>
        {
            SpecException error = Assert.Throws<SpecException>(use);
            Assert.Equal("process.schedule", error.Path);
            Assert.Contains($"for linear at 4 timesteps: their SHA-256 was {other}, and is {ScheduleHash.Of(Spec.Process)}", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Use_CheckpointOlderThanTheHashes_IsTaken()
    {
        string checkpoint = Rewrite(Train().Checkpoint, metadata =>
        {
            Assert.True(metadata.Remove("schedule_hash"));
            Assert.True(metadata.Remove("data_hash"));
        });
        Assert.True(Train(checkpoint).Completed);
        Assert.Single(Evaluator.Evaluate(Spec, new EvaluationSession { Checkpoint = checkpoint, DataFolder = _folder }, CancellationToken.None));
    }

    [Fact]
    public void Train_FromImportedWeights_KeepsWhereTheyCameFromAndGainsItsData()
    {
        string weights = Rewrite(Train().Checkpoint, metadata => metadata.Clear());
        string start = Path.Combine(_folder, "start.safetensors");
        RunSpec spec = Spec;
        ImportReport report = CheckpointImport.Import(spec, weights, "ema.0.", 0, start);
        using (Checkpoint imported = Checkpoint.Open(start))
        {
            Assert.Null(imported.DataHash);
            Assert.Equal(ScheduleHash.Of(spec.Process), imported.ScheduleHash);
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(weights))), imported.Origin["imported_sha256"]);
            Assert.Equal(report.Naming, imported.Origin["imported_from"]);
        }

        using Checkpoint trained = Checkpoint.Open(Train(start).Checkpoint);
        Assert.Equal(Path.GetFileName(weights), trained.Origin["imported_file"]);
        Assert.Equal(3, trained.Origin.Count);
        Assert.Equal(Spec.Data.Load(Split.Train, _folder).ContentHash, trained.DataHash);
    }
}
