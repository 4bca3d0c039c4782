using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Checkpoints;

public sealed class TrainedNetworkTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Groups = 2 },
        Process = new ProcessSpec { Timesteps = 4 },
        Training = new TrainingSpec
        {
            Steps = 3,
            BatchSize = 8,
            WarmupSteps = 0,
            Optimizer = new AdamOptimizer { LearningRate = 0.1 },
            Ema = [new ConstantEma { Decay = 0.9 }, new ConstantEma { Decay = 0 }],
        },
        Evaluation = new EvaluationSpec { Metrics = [new NllMetric { Images = 4 }] },
        Sampling = new SamplingSpec { Sampler = new DdimSampler { Steps = 2 }, Count = 2 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-weights-").FullName;

    public TrainedNetworkTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WeightsOfASpec_EachChoice_AreThoseMeasuredSampledAndRecorded()
    {
        // An average with decay 0 is the weights themselves, so ema.1 and raw must agree and ema.0 must not.
        (double first, byte[] firstImages) = Use("ema.0");
        (double second, byte[] secondImages) = Use("ema.1");
        (double raw, byte[] rawImages) = Use("raw");
        Assert.Equal(raw, second);
        Assert.Equal(rawImages, secondImages);
        Assert.NotEqual(raw, first);
        Assert.NotEqual(rawImages, firstImages);
    }

    private (double Bits, byte[] Images) Use(string weights)
    {
        RunSpec spec = Spec with { Evaluation = Spec.Evaluation with { Weights = weights }, Sampling = Spec.Sampling with { Weights = weights } };
        RunChecks.Check(spec);
        string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;

        MetricValue value = Assert.Single(Evaluator.Evaluate(spec, new EvaluationSession { Checkpoint = checkpoint }, CancellationToken.None));
        Assert.Equal(weights, value.Protocol["weights"]!.GetValue<string>());
        SampleSet samples = SampleWriter.Write(spec, checkpoint, "cpu", null, _folder, null, CancellationToken.None);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(_folder, "samples.safetensors"));
        Assert.Equal(weights, file.Metadata["weights"]);
        return (value.Value, SampleFile.Read(Path.Combine(_folder, "samples.safetensors")).Images);
    }
}
