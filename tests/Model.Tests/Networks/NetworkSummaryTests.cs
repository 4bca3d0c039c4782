using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Tests.Networks;

public class NetworkSummaryTests
{
    [Fact]
    public void Of_Cifar10Network_CountsThePapersParametersAndItsCost()
    {
        NetworkSummary summary = NetworkSummary.Of(new DdpmUnet(), (3, 32, 32), 3);
        Assert.Equal(35_746_307, summary.Parameters);
        Assert.Equal(6.22, summary.Macs / 1e9, 0.005); // counted with hooks on the reference

        // One layer by hand: 3 x 3 x 3 x 128 weights at 32 x 32 places.
        LayerSummary first = summary.Layers.Single(layer => layer.Name == "conv_in");
        Assert.Equal(("convolution", 3 * 9 * 128 + 128L, 3 * 9 * 128 * 1024L), (first.Kind, first.Parameters, first.Macs));
        Assert.Equal([128, 32, 32], first.OutputShape);
    }

    [Fact]
    public void Of_AttentionWithLabels_CountsItsProductsAndNotTheLookUp()
    {
        ImprovedUnet unet = new() { Channels = 16, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 8, Classes = 7 };
        NetworkSummary summary = NetworkSummary.Of(unet, (1, 8, 8), 2);
        using TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor> module = unet.Build(1, 2, 8, 0, new DropoutContext(0));
        Assert.Equal(module.parameters().Sum(parameter => parameter.numel()), summary.Parameters);

        // 16 queries with 16 keys of 32 channels, and 16 weights with 16 values: twice 16 x 16 x 32.
        LayerSummary attention = summary.Layers.Single(layer => layer.Name == "middle_block.1");
        Assert.Equal((0, 2 * 16 * 16 * 32L), (attention.Parameters, attention.Macs));
        LayerSummary qkv = summary.Layers.Single(layer => layer.Name == "middle_block.1.qkv");
        Assert.Equal((32 * 96 + 96L, 32 * 96 * 16L), (qkv.Parameters, qkv.Macs));
        LayerSummary labels = summary.Layers.Single(layer => layer.Name == "label_emb");
        Assert.Equal((7 * 64L, 0L), (labels.Parameters, labels.Macs));
    }
}
