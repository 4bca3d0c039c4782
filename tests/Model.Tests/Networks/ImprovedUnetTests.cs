using System.Globalization;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public class ImprovedUnetTests
{
    private static readonly ImprovedUnet Small = new() { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Dropout = 0 };

    public static TheoryData<string> References => NetworkGoldens.Cases("improved UNetModel");

    // With these weights float32 is that coarse: the same network carried out in float64 differs from the reference's float32 outputs, up to 0.7, by up to 8e-5; another
    // float32, with its sums in another order (as on two threads), may be as far on the other side.
    private const double Rounding = 2e-4;

    [Theory]
    [MemberData(nameof(References))]
    public void Forward_ReferenceWeights_MatchesTheReference(string name) => NetworkGoldens.AssertNetwork(name, new ImprovedUnet
    {
        Channels = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "ch"))[0],
        Multipliers = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "mult")),
        Blocks = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "nrb"))[0],
        Attention = [.. NetworkGoldens.Numbers(NetworkGoldens.Value(name, "attn_ds")).Select(divisor => 8 / divisor)],
        Heads = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "heads"))[0],
        ScaleShiftNorm = bool.Parse(NetworkGoldens.Value(name, "scale_shift")),
        Classes = int.TryParse(NetworkGoldens.Value(name, "classes"), CultureInfo.InvariantCulture, out int classes) ? classes : 0,
        Dropout = 0,
    }, Rounding);

    [Fact]
    public void Build_Cifar10Defaults_HasTheReferencesParameters() => AssertCount(52_546_438, new ImprovedUnet(), 32);

    [Fact]
    public void Build_ImageNet64_HasTheReferencesParameters() => AssertCount(121_063_942, new ImprovedUnet { Multipliers = [1, 2, 3, 4] }, 64);

    [Fact]
    public void Build_Lsun256_HasTheReferencesParameters() => AssertCount(113_676_678,
        new ImprovedUnet { Multipliers = [1, 1, 2, 2, 4, 4], Blocks = 2, Attention = [16], Heads = 1, ScaleShiftNorm = false }, 256);

    [Fact]
    public void Build_FreshWeights_PredictZeroAndBeginAsPyTorchs()
    {
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> network = Small.Build(1, 2, 8, 3, new DropoutContext(3));
        Tensor y = network.forward(NetworkGoldens.Noise(0, 2, 1, 8, 8), tensor(new long[] { 0, 9 }));
        Assert.Equal([2, 2, 8, 8], y.shape);
        Assert.Equal(0, y.abs().max().item<float>());

        // Uniform up to 1 / sqrt(fan_in), the bias too.
        double limit = 1 / Math.Sqrt(64 * 9);
        Tensor weight = network.get_parameter("middle_block.0.in_layers.2.weight")!;
        Assert.InRange(weight.abs().max().item<float>(), 0.99 * limit, limit);
        Assert.Equal(limit / Math.Sqrt(3), weight.std().item<float>(), 0.02 * limit);
        Assert.InRange(network.get_parameter("middle_block.0.in_layers.2.bias")!.abs().max().item<float>(), 0.5 * limit, limit);
    }

    [Fact]
    public void Check_HeadsThatDoNotDivide_NamesBothNumbers()
    {
        ImprovedUnet unet = Small with { Heads = 3 };
        SpecException error = Assert.Throws<SpecException>(() => unet.Check(new RunSpec { Data = new Optdigits(), Network = unet }, "network"));
        Assert.Equal("network.heads", error.Path);
        Assert.Contains("heads 3, and one of 64 channels", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AttentionAtNoLevel_NamesTheResolutions()
    {
        ImprovedUnet unet = Small with { Attention = [16] };
        SpecException error = Assert.Throws<SpecException>(() => unet.Check(new RunSpec { Data = new Optdigits(), Network = unet }, "network"));
        Assert.Equal("network.attention[0]", error.Path);
    }

    // The variance is learned, so there are two outputs a channel.
    private static void AssertCount(long expected, ImprovedUnet unet, int size)
    {
        using nn.Module<Tensor, Tensor, Tensor> network = unet.Build(3, 6, size, 0, new DropoutContext(0));
        Assert.Equal(expected, network.parameters().Sum(parameter => parameter.numel()));
    }
}
