using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Sampling;

public sealed class SampleWriterTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4 },
        Process = new ProcessSpec { Timesteps = 50 },
        Training = new TrainingSpec { Steps = 5, BatchSize = 16, WarmupSteps = 0 },
        Evaluation = new EvaluationSpec { Metrics = [new NllMetric { TimestepsPerImage = 2, Images = 20 }] },
        Sampling = new SamplingSpec { Sampler = new DdimSampler { Steps = 5 }, Count = 6, BatchSize = 4 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-samples-").FullName;
    private readonly string _checkpoint;

    public SampleWriterTests()
    {
        set_num_threads(1);
        _checkpoint = Trainer.Train(Spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_SixImages_WritesThemAndCountsItsCalls()
    {
        List<(long, long)> progress = [];
        SampleSet set = SampleWriter.Write(Spec, _checkpoint, "cpu", null, _folder, (done, all) => progress.Add((done, all)), CancellationToken.None);
        (byte[] images, (int N, int C, int H, int W) shape) = SampleFile.Read(set.Images);
        Assert.Equal((6, 1, 8, 8), shape);
        Assert.True(images.Distinct().Count() > 20);
        Assert.NotEqual(images[..64], images[64..128]);
        Assert.Equal(30, set.NetworkEvaluations);
        Assert.Equal((30, 30), progress[^1]);
        Assert.True(new FileInfo(set.GridPng).Length > 500);
    }

    [Fact]
    public void Write_Again_GivesTheSameImages()
    {
        string again = Directory.CreateDirectory(Path.Combine(_folder, "again")).FullName;
        SampleSet a = SampleWriter.Write(Spec, _checkpoint, "cpu", null, _folder, null, CancellationToken.None);
        SampleSet b = SampleWriter.Write(Spec, _checkpoint, "cpu", null, again, null, CancellationToken.None);
        Assert.Equal(File.ReadAllBytes(a.Images), File.ReadAllBytes(b.Images));
    }

    [Theory]
    [InlineData("samples", 4, 20, "images")]
    [InlineData("progressive", 4, 20, "images,progressive")]
    [InlineData("interpolation", 44, 44 * 4, "images,sources")]
    [InlineData("latent_interpolation", 44, 220, "images,latents")]
    [InlineData("reconstruction", 4, 36, "images,latents,originals")]
    public void Write_EveryMode_WritesItsPictureAndTensorsAndCountsItsCalls(string mode, int images, int evaluations, string tensors)
    {
        foreach (bool guided in new[] { false, true })
        {
            SamplingSpec sampling = Spec.Sampling with
            {
                Mode = SpecJson.Read<SampleMode>(mode), Sampler = new DdimSampler { Steps = 5, ClipDenoised = false }, Count = 4, BatchSize = 3, GuidanceScale = guided ? 1.5 : 1,
            };
            RunSpec spec = Spec with { Sampling = sampling };
            if (guided)
                spec = spec with { Network = (DdpmUnet)Spec.Network with { Classes = 10 }, Training = Spec.Training with { LabelDropout = 0.5 } };
            RunChecks.Check(spec);
            string folder = Directory.CreateDirectory(Path.Combine(_folder, $"{mode}-{guided}")).FullName;
            string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = folder }, CancellationToken.None).Checkpoint;

            List<(long Done, long All)> progress = [];
            SampleSet set = SampleWriter.Write(spec, checkpoint, "cpu", null, folder, (done, all) => progress.Add((done, all)), CancellationToken.None);

            // Guidance asks twice.
            Assert.Equal(guided ? 2 * evaluations : evaluations, set.NetworkEvaluations);
            Assert.Equal((set.NetworkEvaluations, set.NetworkEvaluations), progress[^1]);
            Assert.Equal(progress.Select(p => p.Done).Order(), progress.Select(p => p.Done));
            Assert.True(new FileInfo(set.GridPng).Length > 500);
            Assert.Equal((images, 1, 8, 8), SampleFile.Read(set.Images).Shape);
            using SafetensorsFile file = SafetensorsFile.Open(set.Images);
            Assert.Equal(tensors, string.Join(",", file.Entries.Keys.Order(StringComparer.Ordinal)));
            Assert.Equal((mode, "5"), (file.Metadata["mode"], file.Metadata["step"]));
            Assert.Equal(mode == "reconstruction", set.Values.Count == 1);
            Assert.Equal(guided, file.Metadata.ContainsKey("classes"));
        }
    }

    [Fact]
    public void Write_MoreRowsThanAPersonLooksAt_ShowsTheFirstTwoHundred()
    {
        RunSpec spec = Spec with { Sampling = Spec.Sampling with { Count = 205, BatchSize = 205, Columns = 1, Sampler = new DdimSampler { Steps = 2 } } };
        string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;
        SampleSet set = SampleWriter.Write(spec, checkpoint, "cpu", null, _folder, null, CancellationToken.None);
        Assert.Equal(205, SampleFile.Read(set.Images).Shape.N);
        using SkiaSharp.SKBitmap picture = SkiaSharp.SKBitmap.Decode(set.GridPng);
        Assert.Equal(200 * 69 - 5 + 32, picture.Height);
    }

    [Fact]
    public void Quantise_ExactLevels_ComeBackUnchanged()
    {
        float[] levels = [.. Enumerable.Range(0, 256).Select(level => level / 127.5f - 1)];
        Assert.Equal(Enumerable.Range(0, 256).Select(level => (byte)level), SampleWriter.Quantise(tensor(levels)));
        Assert.Equal([0, 255], SampleWriter.Quantise(tensor(new float[] { -3, 3 })));
    }

    [Fact]
    public void Evaluate_Nll_SaysItsProtocolAndItsParts()
    {
        List<(long Done, long All)> progress = [];
        MetricValue value = Assert.Single(Evaluator.Evaluate(Spec, new EvaluationSession { Checkpoint = _checkpoint, Progress = (done, all) => progress.Add((done, all)) }, CancellationToken.None));
        Assert.Equal("ema.0", value.Protocol["weights"]!.GetValue<string>());
        Assert.Equal("optdigits", value.Protocol["data"]!.ToString());
        Assert.Equal(value.Value, value.Parts.Values.Sum(), 1e-9);
        Assert.True(double.IsFinite(value.Value));
        Assert.Equal(progress[^1].All, progress[^1].Done);
    }

    [Fact]
    public void Evaluate_CheckpointOfAnotherSpec_IsRefused() => Assert.Throws<SpecException>(() =>
        Evaluator.Evaluate(Spec with { Seed = 9 }, new EvaluationSession { Checkpoint = _checkpoint }, CancellationToken.None));
}
