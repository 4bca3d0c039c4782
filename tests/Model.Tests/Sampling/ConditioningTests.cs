using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Sampling;

public sealed class ConditioningTests : IDisposable
{
    private static readonly RunSpec Spec = new()
    {
        Seed = 3,
        Data = new Optdigits(),
        Network = new ImprovedUnet { Channels = 16, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 8, Dropout = 0, Classes = 10 },
        Process = new ProcessSpec { Timesteps = 200 },
        Training = new TrainingSpec
        {
            Steps = 350, BatchSize = 64, WarmupSteps = 20, LabelDropout = 0.15, LogEvery = 50,
            Optimizer = new AdamOptimizer { LearningRate = 3e-3 }, Ema = [new ConstantEma { Decay = 0.98 }],
        },
        Evaluation = new EvaluationSpec { Metrics = [new NllMetric { TimestepsPerImage = 2, Images = 60 }] },
        Sampling = new SamplingSpec { Sampler = new DdimSampler { Steps = 20 }, Count = 100, BatchSize = 50, GuidanceScale = 2 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-labels-").FullName;

    public ConditioningTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int RightClasses(byte[] images, Func<int, int> labelOf)
    {
        ImageSet digits = new Optdigits().Load(Split.Train, null);
        double[][] centroids = [.. Enumerable.Range(0, 10).Select(label => Centroid(digits, label))];
        int right = 0;
        for (int i = 0; i < images.Length / 64; i++)
        {
            byte[] image = images[(64 * i)..(64 * (i + 1))];
            double Distance(double[] centroid) => centroid.Zip(image, (c, level) => Math.Pow(c - level / 255.0, 2)).Sum();
            if (Enumerable.Range(0, 10).MinBy(label => Distance(centroids[label])) == labelOf(i))
                right++;
        }

        return right;
    }

    private static double[] Centroid(ImageSet digits, int label)
    {
        int[] members = [.. Enumerable.Range(0, digits.Count).Where(i => digits.Labels[i] == label)];
        return [.. Enumerable.Range(0, 64).Select(pixel => members.Average(i => digits.Pixels(i)[pixel] / 16.0))];
    }

    [Fact]
    public void Train_WithLabels_SamplesAreOfTheirClass()
    {
        string checkpoint = Trainer.Train(Spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;
        List<(long Done, long All)> progress = [];
        SampleSet set = SampleWriter.Write(Spec, checkpoint, "cpu", null, _folder, (done, all) => progress.Add((done, all)), CancellationToken.None);
        (byte[] images, (int N, int C, int H, int W) shape) = SampleFile.Read(set.Images);

        // Chance is 10 of 100, and more than 30 has a probability of 1e-8; the digits themselves reach 90.
        Assert.Equal(100, shape.N);
        Assert.InRange(RightClasses(images, i => i % 10), 50, 100);

        // Guidance asks the network twice a step, and says so.
        Assert.Equal(4000, set.NetworkEvaluations);
        Assert.Equal((4000, 4000), progress[^1]);
        using (SafetensorsFile file = SafetensorsFile.Open(set.Images))
            Assert.Equal(("0,1,2,3,4,5,6,7,8,9", "2"), (file.Metadata["classes"], file.Metadata["guidance_scale"]));

        // The likelihood is measured with the true labels; with false ones images cost more bits.
        MetricValue told = Assert.Single(Evaluator.Evaluate(Spec, new EvaluationSession { Checkpoint = checkpoint }, CancellationToken.None));
        Assert.Equal("true", told.Protocol["labels"]!.ToString());
        using TrainedNetwork network = TrainedNetwork.Load(Spec, checkpoint, "cpu");
        MetricValue misled = Spec.Evaluation.Metrics[0].Measure(new MetricContext
        {
            Model = network.Model,
            Network = network.Predict,
            ConditionalNetwork = (xt, t, labels) => network.Predict(xt, t, (labels + 5) % 10),
            LabelCount = 10,
            Images = split => Spec.Data.Load(split, null),
            Seed = Spec.Seed,
        });
        Assert.True(told.Value < misled.Value, $"true labels {told.Value}, false ones {misled.Value}");
    }

    [Fact]
    public void Train_WithLabelsStoppedAndResumed_EndsBitIdentical()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 6, LogEvery = 1 } };
        string Folder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        string straight = Trainer.Train(spec, new TrainingSession { Folder = Folder("straight") }, CancellationToken.None).Checkpoint;
        using CancellationTokenSource stop = new();
        TrainingSession half = new() { Folder = Folder("half"), OnPoints = points => { if (points.FirstStep == 2) stop.Cancel(); } };
        TrainingEnd first = Trainer.Train(spec, half, stop.Token);
        Assert.Equal(3, first.StepsDone);
        string second = Trainer.Train(spec, new TrainingSession { Folder = Folder("rest"), ResumeFrom = first.Checkpoint }, CancellationToken.None).Checkpoint;
        Assert.Equal(File.ReadAllBytes(straight), File.ReadAllBytes(second));
    }

    [Fact]
    public void Sample_NetworkThatAlwaysSawLabels_IsNotAskedWithout()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Steps = 1, LabelDropout = 0 }, Sampling = Spec.Sampling with { GuidanceScale = 1, Classes = [7, 2], Count = 3 } };
        string checkpoint = Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint;
        Assert.Equal(60, SampleWriter.Write(spec, checkpoint, "cpu", null, _folder, null, CancellationToken.None).NetworkEvaluations);
        using TrainedNetwork network = TrainedNetwork.Load(spec, checkpoint, "cpu");
        using Tensor x = zeros(1, 1, 8, 8);
        using Tensor t = zeros(1, dtype: ScalarType.Int64);
        Assert.Throws<InvalidOperationException>(() => network.Predict(x, t));
    }

    [Theory]
    [InlineData("fixed_large", new float[] { 11, 12 })]
    [InlineData("learned", new float[] { 11, 2 })]
    public void Guide_ScaleThree_GoesBeyondThePredictionAndLeavesTheVariance(string variance, float[] expected)
    {
        using DisposeScope scope = NewDisposeScope();
        (int channels, Variance kind) = variance == "learned" ? (1, (Variance)new TwoOutputs()) : (2, new FixedLargeVariance());
        DiffusionModel model = new(new GaussianDiffusion([0.1, 0.2]), new EpsilonPrediction(), kind);
        Assert.Equal(2, model.OutputChannels(channels));
        Tensor conditional = tensor(new float[] { 5, 2 }).view(1, 2, 1, 1);
        Tensor unconditional = tensor(new float[] { 2, -3 }).view(1, 2, 1, 1);
        Assert.Equal(expected, Conditioning.Guide(model, conditional, unconditional, 3).data<float>().ToArray());
    }

    private sealed record TwoOutputs : Variance
    {
        public override int OutputsPerChannel => 2;

        public override (Tensor Variance, Tensor LogVariance) Of(GaussianDiffusion process, Tensor? values, Tensor t, Tensor like) => throw new NotSupportedException();
    }
}
