using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public sealed class RecomputationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-recompute-").FullName;

    public RecomputationTests() => set_num_threads(1);

    public static TheoryData<string> Kinds => ["ddpm_unet", "improved_unet"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Network Small(string kind, bool checkpoint) => kind == "ddpm_unet"
        ? new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4, Dropout = 0.3, Classes = 10, CheckpointBlocks = checkpoint }
        : new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4, Dropout = 0.3, Classes = 10, CheckpointBlocks = checkpoint };

    private static (Tensor Output, Dictionary<string, Tensor> Gradients, int AttentionCalls) Pass(Network network)
    {
        using nn.Module<Tensor, Tensor, Tensor> module = network.Build(1, 2, 8, 3, new DropoutContext(3) { Step = 4 });
        using (no_grad())
        {
            foreach ((string name, Parameter parameter) in module.named_parameters())
                parameter.add_(NetworkGoldens.Noise(name.Length, parameter.shape), alpha: 0.1);
        }

        int calls = 0;
        foreach (AttentionBlock layer in module.modules().OfType<AttentionBlock>())
            layer.register_forward_hook((_, _, output) => Count(output));
        foreach (MultiHeadAttention layer in module.modules().OfType<MultiHeadAttention>())
            layer.register_forward_hook((_, _, output) => Count(output));
        Tensor Count(Tensor output)
        {
            calls++;
            return output;
        }

        Tensor y = ConditionalModule.Given(module, tensor(new long[] { 1, -1 }))(NetworkGoldens.Noise(0, 2, 1, 8, 8), tensor(new long[] { 3, 50 }));
        (y * NetworkGoldens.Noise(1, y.shape)).sum().backward();
        return (y.detach(), module.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone()), calls);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Backward_WithCheckpoints_GivesTheSameGradientsToTheLastBit(string kind)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor plain, Dictionary<string, Tensor> expected, int once) = Pass(Small(kind, false));
        (Tensor output, Dictionary<string, Tensor> gradients, int twice) = Pass(Small(kind, true));
        Assert.True(plain.equal(output).all().item<bool>());
        Assert.Empty(expected.Where(entry => !entry.Value.equal(gradients[entry.Key]).all().item<bool>()).Select(entry => entry.Key));
        Assert.All(gradients.Values, gradient => Assert.NotEqual(0, gradient.abs().max().item<float>()));
        Assert.Equal(2 * once, twice);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Train_WithCheckpoints_EndsBitIdenticalAndLeavesNoTensorsBehind(string kind)
    {
        byte[] Weights(bool checkpoint, int steps)
        {
            RunSpec spec = new()
            {
                Data = new Optdigits(), Network = Small(kind, checkpoint), Process = new ProcessSpec { Timesteps = 50 },
                Training = new TrainingSpec { Steps = steps, BatchSize = 8, WarmupSteps = 0, LabelDropout = 0.2 },
            };
            byte[] bytes = File.ReadAllBytes(Trainer.Train(spec, new TrainingSession { Folder = _folder }, CancellationToken.None).Checkpoint);
            return bytes[(8 + (int)BitConverter.ToInt64(bytes))..];
        }

        long Growth(int steps)
        {
            long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            Weights(true, steps);
            return DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before;
        }

        Assert.Equal(Weights(false, 4), Weights(true, 4));
        Assert.Equal(Growth(3), Growth(9));
    }
}
