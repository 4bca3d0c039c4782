using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation;

public sealed class SampleMetricTests : IClassFixture<SampleMetricTests.Trained>, IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Groups = 2 },
        Process = new ProcessSpec { Timesteps = 10 },
        Training = new TrainingSpec { Steps = 3, BatchSize = 8, WarmupSteps = 0, Ema = [new ConstantEma { Decay = 0.9 }] },
        Evaluation = new EvaluationSpec
        {
            Metrics =
            [
                new FrechetDistanceMetric(), new FrechetDistanceMetric { Quantise = false }, new ClassifierScoreMetric(), new KernelDistanceMetric { Subsets = 5, SubsetSize = 20 },
                new PrecisionMetric(), new RecallMetric { Reference = new TrainReference { Images = 500 } },
            ],
            Samples = new EvaluationSamples { Count = 101, BatchSize = 8, Splits = 4, Shards = 1 },
        },
        Sampling = new SamplingSpec { Sampler = new DdimSampler { Steps = 3, Eta = 0.5 } },
    };

    private readonly Trained _trained;
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-samples-").FullName;
    private readonly List<string> _warnings = [];

    public SampleMetricTests(Trained trained)
    {
        set_num_threads(1);
        _trained = trained;
    }

    private static ImageSet Digits => new Optdigits().Load(Split.Train, null);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Evaluate_AllMetrics_AreThoseOfTheFeaturesOfTheSameSamples()
    {
        IReadOnlyDictionary<string, MetricValue> values = Evaluate(Spec);
        Assert.Equal(["classifier_score[classifier]", "frechet_distance[classifier,unquantised]", "frechet_distance[classifier]", "kid[classifier]", "precision[classifier]", "recall[classifier]"], values.Keys.Order(StringComparer.Ordinal));

        // The same samples, drawn all at once, and the features of both sets, kept.
        using DisposeScope scope = NewDisposeScope();
        using TrainedNetwork network = TrainedNetwork.Load(Spec, _trained.Checkpoint, "cpu");
        using ClassifierNetwork classifier = _trained.Classifier();
        Tensor x0 = Spec.Sampling.Sampler.Sample(network.Model, network.Predict, new SampleRequest { Seed = 0, Count = 101, Shape = (1, 8, 8) });
        FeatureOutputs samples = classifier.Of(PixelLevels.Of(x0), CancellationToken.None);
        FeatureOutputs real = classifier.Of(PixelLevels.Of(Digits.Batch([.. Enumerable.Range(0, Digits.Count)])), CancellationToken.None);

        FrechetDistance distance = FrechetDistance.Between(Gaussian(samples.Features), Gaussian(real.Features));
        MetricValue frechet = values["frechet_distance[classifier]"];
        Assert.Equal(distance.Value, frechet.Value, 1e-4 * distance.Value);
        Assert.Equal(distance.MeanTerm, frechet.Parts["mean_term"], 1e-4 * distance.MeanTerm);
        Assert.True(frechet.StandardError > 0);
        Assert.Empty(frechet.Warnings);
        Assert.NotEqual(frechet.Value, values["frechet_distance[classifier,unquantised]"].Value);

        InceptionScore score = new(101, 10, 4);
        score.AddLogits(0, samples.ScoreLogits);
        Assert.Equal(score.Value().Mean, values["classifier_score[classifier]"].Value, 1e-4);
        Assert.Equal(score.Value().StandardDeviation, values["classifier_score[classifier]"].Parts["deviation_over_splits"], 1e-4);
        Assert.False(values["classifier_score[classifier]"].LowerIsBetter);

        KernelEstimate kernel = KernelDistance.OverSubsets(samples.Features, real.Features, 0, 5, 20);
        Assert.Equal(kernel.Mean, values["kid[classifier]"].Value, 1e-4 * Math.Abs(kernel.Mean));
        Assert.Equal(PrecisionRecall.Of(samples.Features, real.Features).Precision, values["precision[classifier]"].Value, 0.02);
        Assert.Equal(PrecisionRecall.Of(samples.Features, real.Features.narrow(0, 0, 500)).Recall, values["recall[classifier]"].Value, 0.02);
    }

    [Fact]
    public void Evaluate_Protocol_SaysHowItWasMeasured()
    {
        IReadOnlyDictionary<string, MetricValue> values = Evaluate(Spec);
        JsonObject protocol = values["recall[classifier]"].Protocol;
        Assert.Equal("optdigits", (string?)protocol["data"]);
        Assert.Equal("ema.0", (string?)protocol["weights"]);
        Assert.Equal("classifier", (string?)protocol["network"]!["name"]);
        Assert.Equal(64, ((string?)protocol["network"]!["sha256"])!.Length);
        Assert.Equal("none", (string?)protocol["resize"]);
        Assert.Equal("round to 8 bits", (string?)protocol["quantiser"]);
        Assert.Equal("none", (string?)values["frechet_distance[classifier,unquantised]"].Protocol["quantiser"]);
        Assert.Equal(101, (int?)protocol["samples"]!["count"]);
        Assert.Equal(3, (int?)protocol["samples"]!["network_evaluations_per_image"]);
        Assert.Equal("ddim", (string?)protocol["samples"]!["sampler"]!["kind"]);
        Assert.Equal(0, (long?)protocol["samples"]!["seed"]);
        Assert.Equal("train", (string?)protocol["reference"]!["split"]);
        Assert.Equal(500, (long?)protocol["reference"]!["images"]);
        Assert.Equal(Digits.ContentHash, (string?)protocol["reference"]!["data_hash"]);
        Assert.Equal(values.Count, values.Values.Select(value => value.ProtocolDigest).Distinct().Count());
    }

    [Fact]
    public void Evaluate_OtherSeedOfTheRun_HasTheSameProtocol()
    {
        // Runs trained from several seeds are ranked together; other samples are another measurement.
        RunSpec spec = Spec with { Evaluation = Spec.Evaluation with { Metrics = [new FrechetDistanceMetric()] } };
        MetricValue first = Evaluate(spec).Values.Single();
        MetricValue second = Evaluate(spec with { Seed = 4 }, _trained.CheckpointOf(spec with { Seed = 4 })).Values.Single();
        Assert.Equal(first.ProtocolDigest, second.ProtocolDigest);
        Assert.NotEqual(first.Value, second.Value);

        RunSpec further = spec with { Evaluation = spec.Evaluation with { Samples = spec.Evaluation.Samples with { First = 1000 } } };
        MetricValue third = Evaluate(further, _trained.CheckpointOf(further)).Values.Single();
        Assert.NotEqual(first.ProtocolDigest, third.ProtocolDigest);
        Assert.NotEqual(first.Value, third.Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(13)]
    public void Evaluate_OfShards_IsTheSameForAnyNumberOfThem(int shards)
    {
        IReadOnlyDictionary<string, MetricValue> whole = Evaluate(Spec);
        RunSpec spec = Sharded(shards);
        List<string> files = Files(spec, shards);
        files.Reverse();
        IReadOnlyDictionary<string, MetricValue> merged = Evaluate(spec, _trained.CheckpointOf(spec), files);
        foreach ((string name, MetricValue value) in whole)
        {
            Assert.Equal(value.Value, merged[name].Value, 1e-9 * Math.Max(1, Math.Abs(value.Value)));
            Assert.Equal(value.StandardError!.Value, merged[name].StandardError!.Value, 1e-9 * Math.Max(1, Math.Abs(value.Value)));
            Assert.Equal(value.ProtocolDigest, merged[name].ProtocolDigest);
            Assert.Equal(value.Parts.Keys, merged[name].Parts.Keys);
        }

        // What is not summed up is the same to the last bit.
        Assert.Equal(whole["kid[classifier]"].Value, merged["kid[classifier]"].Value);
        Assert.Equal(whole["precision[classifier]"].Value, merged["precision[classifier]"].Value);
    }

    [Fact]
    public void Evaluate_ShardsThatDoNotMakeUpTheSamples_AreRefusedByName()
    {
        RunSpec spec = Sharded(3);
        List<string> files = Files(spec, 3);
        Assert.Contains("begins with sample 64, and no other has the samples 32..64", Refused(spec, files[0], files[2]), StringComparison.Ordinal);
        Assert.Contains("have the samples 0..64 of 101", Refused(spec, files[0], files[1]), StringComparison.Ordinal);
        Assert.Contains("begins with sample 32, which another has too", Refused(spec, [.. files, files[1]]), StringComparison.Ordinal);

        RunSpec other = spec with { Seed = 4 };
        string foreign = Files(other, 3)[1];
        string refusal = Refused(spec, files[0], foreign, files[2]);
        Assert.Contains(foreign, refusal, StringComparison.Ordinal);
        Assert.Contains("it is of the spec", refusal, StringComparison.Ordinal);

        byte[] bytes = File.ReadAllBytes(files[1]);
        File.WriteAllBytes(files[1], bytes[..^1]);
        Assert.Contains(files[1], Refused(spec, [.. files]), StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_ShardOfAnotherCheckpoint_IsRefused()
    {
        RunSpec spec = Sharded(3);
        List<string> files = Files(spec, 3);
        string other = Path.Combine(_folder, "other.safetensors");
        string checkpoint = _trained.CheckpointOf(spec);
        File.Copy(checkpoint, other);
        Alter(other, value => value * 1.5f);
        Evaluator.WriteShard(spec, Session(other), 1, files[1], CancellationToken.None);
        Assert.Contains("drawn from the checkpoint", Refused(spec, [.. files]), StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_NetworkWithoutNumbers_SaysWhichSampleIsBroken()
    {
        string broken = Path.Combine(_folder, "broken.safetensors");
        File.Copy(_trained.Checkpoint, broken);
        Alter(broken, _ => float.NaN);
        SpecException error = Assert.Throws<SpecException>(() => Evaluator.Evaluate(Spec, Session(broken), CancellationToken.None));
        Assert.Equal("evaluation.samples", error.Path);
        Assert.Contains("sample 0 has pixels that are not finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_Again_TakesTheTrueImagesFromTheFolder()
    {
        List<(long Done, long All)> first = [], second = [];
        Evaluator.Evaluate(Spec, Session(_trained.Checkpoint) with { Progress = (done, all) => first.Add((done, all)) }, CancellationToken.None);
        Evaluator.Evaluate(Spec, Session(_trained.Checkpoint) with { Progress = (done, all) => second.Add((done, all)) }, CancellationToken.None);
        Assert.Equal((101 * 3 + 3823 + 500, 101 * 3 + 3823 + 500), first[^1]);
        Assert.Equal((101 * 3, 101 * 3), second[^1]);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Evaluate_DamagedStatistics_AreComputedAnewWithAWarning()
    {
        MetricValue first = Evaluate(Spec)["frechet_distance[classifier]"];
        string file = Assert.Single(new StatisticsFolder(_folder).Files, file => file.Contains("3823", StringComparison.Ordinal));
        Assert.StartsWith("optdigits-train-3823-classifier-", Path.GetFileName(file), StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        MetricValue second = Evaluate(Spec)["frechet_distance[classifier]"];
        Assert.Contains("computed anew", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal(first.Value, second.Value, 1e-9 * first.Value);
    }

    [Fact]
    public void Evaluate_StatisticsOfAFile_AreUsedWhereTheyFit()
    {
        RunSpec spec = Spec with { Evaluation = Spec.Evaluation with { Metrics = [new FrechetDistanceMetric()] } };
        MetricValue own = Evaluate(spec).Values.Single();
        StatisticsFolder folder = new(_folder);
        string computed = Assert.Single(folder.Files);
        string numpy = Path.Combine(_folder, "elsewhere", "digits.npz");
        Directory.CreateDirectory(Path.GetDirectoryName(numpy)!);
        NumpyStatistics.Write(numpy, StatisticsFolder.Read(computed).Gaussian);

        (string sha256, _) = folder.Add(numpy);
        RunSpec imported = spec with { Evaluation = spec.Evaluation with { Metrics = [new FrechetDistanceMetric { Reference = new FileReference { Sha256 = sha256 } }] } };
        MetricValue value = Evaluate(imported, _trained.CheckpointOf(imported)).Values.Single();
        Assert.Equal(own.Value, value.Value, 1e-9 * own.Value);
        Assert.Equal(sha256, (string?)value.Protocol["reference"]!["file_sha256"]);
        Assert.Contains("how many samples the reference had is not known", Assert.Single(value.Warnings), StringComparison.Ordinal);
        Assert.NotEqual(own.ProtocolDigest, value.ProtocolDigest);

        // Of another size, of another network, and of nothing.
        Assert.Contains("are of 3 dimensions, but the features of classifier have 64", RefusedReference(folder, NumpyOf(3)), StringComparison.Ordinal);
        FeatureShard shard = FeatureShard.Read(computed);
        string foreign = Path.Combine(_folder, "elsewhere", "foreign.safetensors");
        (shard with { Origin = shard.Origin with { NetworkSha256 = new string('0', 64) } }).Write(foreign);
        Assert.Contains("are of the network classifier with SHA-256 0000", RefusedReference(folder, foreign), StringComparison.Ordinal);
        FileNotFoundException missing = Assert.Throws<FileNotFoundException>(() => Evaluate(With(new string('1', 64)), _trained.CheckpointOf(With(new string('1', 64)))));
        Assert.Contains("ddpm statistics add FILE", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_FewerSamplesThanDimensions_Warns()
    {
        RunSpec spec = Spec with
        {
            Evaluation = Spec.Evaluation with { Metrics = [new FrechetDistanceMetric()], Samples = Spec.Evaluation.Samples with { Count = 40 } },
        };
        MetricValue value = Evaluate(spec, _trained.CheckpointOf(spec)).Values.Single();
        Assert.Contains("the samples had 40 samples for 64 dimensions", Assert.Single(value.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_SharedFiles_AreTheSameForEveryMachine()
    {
        // Another machine's classifier came first: it counts here too, whatever this machine has.
        SharedFolder shared = new(Directory.CreateDirectory(Path.Combine(_folder, "shared")).FullName);
        string elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        string name = ClassifierRecipe.Current.FileName(Digits.ContentHash);
        ClassifierNetwork.Open(ClassifierRecipe.Current with { Steps = 3 }, Digits, 10, elsewhere, "cpu", null, Assert.Fail, CancellationToken.None).Dispose();
        shared.Offer(name, Path.Combine(elsewhere, name));
        RunSpec spec = Spec with { Evaluation = Spec.Evaluation with { Metrics = [new FrechetDistanceMetric()] } };
        string there = (string)Evaluator.Evaluate(spec, Session(_trained.CheckpointOf(spec)) with { Features = Places(shared) }, CancellationToken.None)[0].Protocol["network"]!["sha256"]!;
        string here = (string)Evaluate(spec).Values.Single().Protocol["network"]!["sha256"]!;
        Assert.NotEqual(here, there);

        // And the statistics of the true images are offered to all.
        Assert.Contains(Directory.EnumerateFiles(shared.Folder), file => Path.GetFileName(file).StartsWith("optdigits-train-3823-classifier-", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_ValidationOfSamples_IsWhatAnEvaluationOfThatStepMeasures()
    {
        RunSpec spec = Spec with
        {
            Training = Spec.Training with
            {
                Steps = 4,
                Validation = new ValidationSpec { Every = 2, Metrics = [new FrechetDistanceMetric(), new PrecisionMetric()], Samples = Spec.Evaluation.Samples with { Shards = null } },
            },
            Evaluation = Spec.Evaluation with { Metrics = [new FrechetDistanceMetric(), new PrecisionMetric()], Checkpoint = CheckpointChoice.Best },
        };
        RunChecks.Check(spec);
        List<ValidationPoint> points = [];
        TrainingSession session = new() { Folder = _folder, Features = Places(null), OnValidation = points.Add };
        string last = Trainer.Train(spec, session, CancellationToken.None).Checkpoint;
        Assert.Equal([2, 4], points.Select(point => point.Step));
        ValidationPoint best = points.MinBy(point => point.Values[0].Value)!;

        // The same settings, so the same values, but for what says that the network was selected.
        string checkpoint = Path.Combine(_folder, $"step-{best.Step:D8}.safetensors");
        Dictionary<string, MetricValue> values = Evaluate(spec, checkpoint);
        foreach (MetricValue measured in best.Values)
        {
            Assert.Equal(measured.Value, values[measured.Name].Value, 1e-9 * Math.Max(1, Math.Abs(measured.Value)));
            JsonObject protocol = (JsonObject)values[measured.Name].Protocol.DeepClone();
            Assert.StartsWith("best of validation/frechet_distance[classifier]", (string?)protocol["selected"], StringComparison.Ordinal);
            protocol.Remove("selected");
            Assert.Equal(SpecJson.Canonical(measured.Protocol), SpecJson.Canonical(protocol));
        }

        Assert.True(File.Exists(last));
    }

    private static RunSpec Sharded(int shards) =>
        Spec with { Evaluation = Spec.Evaluation with { Samples = Spec.Evaluation.Samples with { Shards = shards } } };

    private RunSpec With(string sha256) =>
        Spec with { Evaluation = Spec.Evaluation with { Metrics = [new FrechetDistanceMetric { Reference = new FileReference { Sha256 = sha256 } }] } };

    private string RefusedReference(StatisticsFolder folder, string file)
    {
        RunSpec spec = With(folder.Add(file).Sha256);
        SpecException error = Assert.Throws<SpecException>(() => Evaluate(spec, _trained.CheckpointOf(spec)));
        Assert.Equal("evaluation.metrics[0].reference.sha256", error.Path);
        return error.Message;
    }

    private string NumpyOf(int dimensions)
    {
        string file = Path.Combine(_folder, "elsewhere", "small.npz");
        double[] covariance = new double[dimensions * dimensions];
        for (int i = 0; i < dimensions; i++)
            covariance[i * (dimensions + 1)] = 1;
        NumpyStatistics.Write(file, new FeatureGaussian(new double[dimensions], covariance, null));
        return file;
    }

    private List<string> Files(RunSpec spec, int shards)
    {
        List<string> files = [];
        for (int shard = 0; shard < shards; shard++)
        {
            string file = Path.Combine(_folder, $"{spec.Seed}-shard-{shard}.safetensors");
            Evaluator.WriteShard(spec, Session(_trained.CheckpointOf(spec)), shard, file, CancellationToken.None);
            files.Add(file);
        }

        return files;
    }

    private string Refused(RunSpec spec, params string[] files) =>
        Assert.Throws<InvalidDataException>(() => Evaluate(spec, _trained.CheckpointOf(spec), files)).Message;

    private Dictionary<string, MetricValue> Evaluate(RunSpec spec, string? checkpoint = null, IReadOnlyList<string>? shards = null)
    {
        RunChecks.Check(spec);
        return Evaluator.Evaluate(spec, Session(checkpoint ?? _trained.CheckpointOf(spec)) with { Shards = shards ?? [] }, CancellationToken.None).ToDictionary(value => value.Name);
    }

    private EvaluationSession Session(string checkpoint) => new() { Checkpoint = checkpoint, Features = Places(null) };

    private FeaturePlaces Places(ISharedFiles? shared) => new() { Statistics = Statistics(), Shared = shared, Warn = _warnings.Add };

    // The classifier is there already.
    private string Statistics()
    {
        string name = ClassifierRecipe.Current.FileName(Digits.ContentHash);
        File.Copy(Path.Combine(_trained.Folder, name), Path.Combine(_folder, name), overwrite: true);
        return _folder;
    }

    private static FeatureGaussian Gaussian(Tensor features)
    {
        using FeatureTally tally = new((int)features.shape[1]);
        tally.Add(features);
        return tally.Statistics().Gaussian();
    }

    // Another training would have left other averages.
    private static void Alter(string path, Func<float, float> change)
    {
        List<SafetensorContent> contents = [];
        Dictionary<string, string> metadata;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            metadata = file.Metadata.Where(entry => entry.Key is not (Safetensors.Sha256Key or Safetensors.HeaderSha256Key)).ToDictionary();
            foreach (SafetensorEntry entry in file.Entries.Values)
            {
                byte[] bytes = new byte[entry.Length];
                file.Read(entry, bytes);
                if (entry.Name.StartsWith("ema.0.", StringComparison.Ordinal))
                {
                    foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
                        value = change(value);
                }

                contents.Add(new SafetensorContent(entry.Name, entry.Type, entry.Shape, stream => stream.Write(bytes)));
            }
        }

        Safetensors.Write(path, metadata, contents);
    }

    /// <summary>A trained network, and the classifier of the digits after a few steps in the folder where evaluations look for it.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly Dictionary<string, string> _checkpoints = [];

        public Trained()
        {
            set_num_threads(1);
            Classifier().Dispose();
        }

        public string Folder { get; } = Directory.CreateTempSubdirectory("ddpm-classifier-").FullName;

        public string Checkpoint => CheckpointOf(Spec);

        public ClassifierNetwork Classifier() =>
            ClassifierNetwork.Open(ClassifierRecipe.Current with { Steps = 40 }, Digits, 10, Folder, "cpu", null, Assert.Fail, CancellationToken.None);

        public string CheckpointOf(RunSpec spec)
        {
            string hash = SpecJson.Hash(spec);
            if (!_checkpoints.TryGetValue(hash, out string? checkpoint))
            {
                string folder = Directory.CreateDirectory(Path.Combine(Folder, hash)).FullName;
                _checkpoints.Add(hash, checkpoint = Trainer.Train(spec, new TrainingSession { Folder = folder }, CancellationToken.None).Checkpoint);
            }

            return checkpoint;
        }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }

    private sealed class SharedFolder(string folder) : ISharedFiles
    {
        public string Folder => folder;

        public string? Find(string name) => File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : null;

        public string Offer(string name, string file)
        {
            if (Find(name) is null)
                File.Copy(file, Path.Combine(folder, name));
            return Path.Combine(folder, name);
        }
    }
}
