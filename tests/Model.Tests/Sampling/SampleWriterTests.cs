using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
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
        SampleSet set = SampleWriter.Write(Spec, _checkpoint, "cpu", _folder, (done, all) => progress.Add((done, all)), CancellationToken.None);
        (byte[] images, (int N, int C, int H, int W) shape) = SampleFile.Read(set.Images);
        Assert.Equal((6, 1, 8, 8), shape);
        Assert.True(images.Distinct().Count() > 20);
        Assert.NotEqual(images[..64], images[64..128]);
        Assert.Equal(5, set.NetworkEvaluations);
        Assert.Equal((30, 30), progress[^1]);
        Assert.True(new FileInfo(set.GridPng).Length > 500);
    }

    [Fact]
    public void Write_Again_GivesTheSameImages()
    {
        string again = Directory.CreateDirectory(Path.Combine(_folder, "again")).FullName;
        SampleSet a = SampleWriter.Write(Spec, _checkpoint, "cpu", _folder, null, CancellationToken.None);
        SampleSet b = SampleWriter.Write(Spec, _checkpoint, "cpu", again, null, CancellationToken.None);
        Assert.Equal(File.ReadAllBytes(a.Images), File.ReadAllBytes(b.Images));
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
        MetricValue value = Assert.Single(Evaluator.Evaluate(Spec, _checkpoint, "cpu", null, (done, all) => progress.Add((done, all)), CancellationToken.None));
        Assert.Equal("ema.0", value.Protocol["weights"]!.GetValue<string>());
        Assert.Equal("optdigits", value.Protocol["data"]!.ToString());
        Assert.Equal(value.Value, value.Parts.Values.Sum(), 1e-9);
        Assert.True(double.IsFinite(value.Value));
        Assert.Equal(progress[^1].All, progress[^1].Done);
    }

    [Fact]
    public void Evaluate_CheckpointOfAnotherSpec_IsRefused() => Assert.Throws<SpecException>(() =>
        Evaluator.Evaluate(Spec with { Seed = 9 }, _checkpoint, "cpu", null, null, CancellationToken.None));
}
