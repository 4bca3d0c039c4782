using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Networks;
using DdpmJobs.Model.Variances;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public class UnetBatchTests
{
    // Every sampler there is, in few steps.
    public static MatrixTheoryData<string, Sampler> Combinations => new(["ddpm_unet", "improved_unet"],
    [
        .. SamplerTests.Kinds.Select(kind => kind.Data).Except([typeof(AncestralSampler), typeof(DdimSampler), typeof(DpmSolver), typeof(HeunSampler), typeof(EulerSampler), typeof(EulerAncestralSampler)])
            .Select(kind => (Sampler)Activator.CreateInstance(kind)!),
        new AncestralSampler { Steps = 10 }, new DdimSampler { Steps = 10, Eta = 0.5 }, new DpmSolver { Steps = 6, Order = 3 }, new DpmSolver { Steps = 12, Order = 2, Method = "singlestep", Expands = "noise" },
        new HeunSampler { Steps = 4 }, new EulerSampler { Steps = 6 }, new EulerAncestralSampler { Steps = 6 },
    ]);

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Sample_SplitOtherwise_GivesTheSameImagesUpToTheOrderOfSums(string kind, Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        set_num_threads(1);
        Network unet = kind == "ddpm_unet"
            ? new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4 }
            : new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4 };
        DiffusionModel model = new(new GaussianDiffusion(new LinearSchedule().Betas(1000)), new EpsilonPrediction(), new FixedLargeVariance());

        // Fresh networks predict almost zero, so every parameter is given some value.
        using nn.Module<Tensor, Tensor, Tensor> network = unet.Build(1, 1, 8, 5, new DropoutContext(5));
        network.eval();
        foreach ((string name, Parameter parameter) in network.named_parameters())
            parameter.add_(NetworkGoldens.Noise(name.Length, parameter.shape), alpha: 0.05);

        Tensor Split(int size) => cat([.. Enumerable.Range(0, 64 / size).Select(part => sampler.Sample(model, network.forward, new SampleRequest
        {
            Seed = 11, FirstIndex = part * size, Count = size, Shape = (1, 8, 8),
        }))]);

        Tensor whole = Split(64);
        Assert.True((whole[0] - whole[1]).abs().max().item<float>() > 0.1);
        foreach (int size in new[] { 1, 32 })
            Assert.InRange((Split(size) - whole).abs().max().item<float>(), 0, 2e-4);
    }
}
