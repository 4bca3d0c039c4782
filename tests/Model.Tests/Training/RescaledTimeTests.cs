using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary><c>process.rescale_timesteps</c>: the network sees t times 1000 / T wherever it is called, and nothing else changes.</summary>
public sealed class RescaledTimeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-rescaled-").FullName;

    public RescaledTimeTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static RunSpec Spec(int timesteps, bool rescale) => new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Groups = 2 },
        Process = new ProcessSpec { Timesteps = timesteps, RescaleTimesteps = rescale },
        Training = new TrainingSpec { Steps = 3, BatchSize = 4, WarmupSteps = 0, LogEvery = 1, Optimizer = new AdamOptimizer { LearningRate = 1e-2 } },
    };

    private (double[] Losses, string Checkpoint) Train(int timesteps, bool rescale)
    {
        List<double> losses = [];
        string folder = Directory.CreateDirectory(Path.Combine(_folder, Path.GetRandomFileName())).FullName;
        TrainingEnd end = Trainer.Train(
            Spec(timesteps, rescale), new TrainingSession { Folder = folder, OnPoints = points => losses.AddRange(points.Loss) }, CancellationToken.None);
        return ([.. losses], end.Checkpoint);
    }

    [Fact]
    public void Train_ThousandTimesteps_IsTheSameWithAndWithout() => Assert.Equal(Train(1000, false).Losses, Train(1000, true).Losses);

    [Fact]
    public void Train_OtherTimesteps_SeesOtherTimes() => Assert.NotEqual(Train(20, false).Losses, Train(20, true).Losses);

    [Fact]
    public void Predict_TrainedNetwork_IsHandedRescaledTimes()
    {
        using DisposeScope scope = NewDisposeScope();
        RunSpec spec = Spec(20, true);
        string checkpoint = Train(20, true).Checkpoint;
        using TrainedNetwork network = TrainedNetwork.Load(spec, checkpoint, "cpu");
        using nn.Module<Tensor, Tensor, Tensor> bare = spec.Network.Build(1, 1, 8, 0, new DropoutContext(0));
        bare.eval();
        using (Checkpoint file = Checkpoint.Open(checkpoint))
        {
            foreach ((string name, Parameter parameter) in bare.named_parameters())
                file.CopyTo($"ema.0.{name}", parameter);
        }

        // 3 of 20 is 150 of 1000.
        Tensor xt = ones(1, 1, 8, 8);
        Tensor predicted = network.Predict(xt, tensor(new long[] { 3 }));
        Assert.True(predicted.eq(bare.call(xt, tensor(new long[] { 150 }))).all().item<bool>());
        Assert.False(predicted.eq(bare.call(xt, tensor(new long[] { 3 }))).all().item<bool>());
    }

    public static TheoryData<Sampler> Samplers => [
        new AncestralSampler(), new AncestralSampler { Steps = 5 }, new DdimSampler { Steps = 5 }, new DpmSolver { Steps = 5 }, new HeunSampler { Steps = 3 },
        new EulerSampler { Steps = 3 }, new EulerAncestralSampler { Steps = 3 }];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_EverySampler_AsksAtItsTimesInThousandths(Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        List<double> Times(bool rescale)
        {
            List<double> times = [];
            DiffusionModel model = DiffusionModel.From(Spec(40, rescale).Process);
            sampler.Sample(model, model.ByTimestep((xt, t) =>
            {
                times.Add(t[0].to(ScalarType.Float64).item<double>());
                return zeros_like(xt);
            }), new SampleRequest { Seed = 1, Count = 2, Shape = (1, 4, 4) });
            return times;
        }

        List<double> plain = Times(false);
        List<double> rescaled = Times(true);
        Assert.NotEmpty(plain);
        Assert.Equal(plain.Count, rescaled.Count);
        Assert.All(plain.Zip(rescaled), pair => Assert.Equal(25 * pair.First, pair.Second, 1e-6 * (1 + pair.Second)));
    }

    [Fact]
    public void Hash_OfARescaledProcess_IsAnother() => Assert.NotEqual(SpecJson.Hash(Spec(20, false)), SpecJson.Hash(Spec(20, true)));
}
