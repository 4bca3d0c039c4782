using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public class DdpmUnetTests
{
    private static readonly DdpmUnet Small = new() { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0 };

    private static nn.Module<Tensor, Tensor, Tensor> Build(DdpmUnet unet, int channels, int size, long seed = 0) =>
        unet.Build(channels, channels, size, seed, new DropoutContext(seed));

    private static JsonNode Reference(string name) => NetworkGoldens.Read()["parameter_counts"]!.AsObject().Single(entry => entry.Key.StartsWith(name, StringComparison.Ordinal)).Value!;

    private static long Count(nn.Module network) => network.parameters().Sum(parameter => parameter.numel());

    [Fact]
    public void Build_Cifar10Defaults_HasThePapersParameters()
    {
        using nn.Module<Tensor, Tensor, Tensor> network = Build(new DdpmUnet(), 3, 32);
        Assert.Equal(35_746_307, Count(network));
        GoldenFile.AssertClose(Reference("official cifar10"), Count(network), 0, 0);
    }

    [Fact]
    public void Build_256Pixels_HasThePapersParameters()
    {
        using nn.Module<Tensor, Tensor, Tensor> network = Build(new DdpmUnet { Multipliers = [1, 1, 2, 2, 4, 4] }, 3, 256);
        Assert.Equal(113_673_219, Count(network));
        GoldenFile.AssertClose(Reference("official 256"), Count(network), 0, 0);
    }

    public static TheoryData<string> References => NetworkGoldens.Cases("ddpm_unet");

    [Theory]
    [MemberData(nameof(References))]
    public void Forward_ReferenceWeights_MatchesTheReference(string name) => NetworkGoldens.AssertNetwork(name, new DdpmUnet
    {
        Channels = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "ch"))[0],
        Multipliers = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "mult")),
        Blocks = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "nrb"))[0],
        Attention = NetworkGoldens.Numbers(NetworkGoldens.Value(name, "attn")),
        Dropout = 0,
    });

    [Fact]
    public void Build_SameSeed_SameWeightsAndAnotherSeedOthers()
    {
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> a = Build(Small, 1, 8, seed: 5);
        using nn.Module<Tensor, Tensor, Tensor> b = Build(Small, 1, 8, seed: 5);
        using nn.Module<Tensor, Tensor, Tensor> c = Build(Small, 1, 8, seed: 6);
        Tensor Weight(nn.Module<Tensor, Tensor, Tensor> network) => network.get_parameter("conv_in.weight")!;
        Assert.True(Weight(a).equal(Weight(b)).all().item<bool>());
        Assert.False(Weight(a).equal(Weight(c)).any().item<bool>());
    }

    [Fact]
    public void Build_FreshWeights_HaveTheOfficialScales()
    {
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> network = Build(Small, 1, 8);

        // Uniform with variance 2 / (fan_in + fan_out); its limit is sqrt(3) standard deviations.
        Tensor weight = network.get_parameter("mid.block_1.conv1.weight")!;
        double deviation = Math.Sqrt(2.0 / ((64 + 64) * 9));
        Assert.Equal(deviation, weight.std().item<float>(), 0.01 * deviation);
        Assert.InRange(weight.abs().max().item<float>(), 1.7 * deviation, Math.Sqrt(3) * deviation);
        Assert.Equal(0, network.get_parameter("mid.block_1.conv1.bias")!.abs().max().item<float>());

        // What begins as almost zero: the ends of blocks and of the network.
        foreach (string name in new[] { "mid.block_1.conv2.weight", "mid.attn_1.proj_out.weight", "conv_out.weight" })
            Assert.InRange(network.get_parameter(name)!.abs().max().item<float>(), 1e-8, 1e-5);
        Tensor y = network.forward(NetworkGoldens.Noise(0, 2, 1, 8, 8), tensor(new long[] { 0, 9 }));
        Assert.InRange(y.abs().max().item<float>(), 0, 1e-3);
    }

    [Fact]
    public void Forward_InTraining_DropsByStepAndNotInEvaluation()
    {
        using DisposeScope scope = NewDisposeScope();
        DropoutContext dropout = new(3);
        using nn.Module<Tensor, Tensor, Tensor> network = (Small with { Dropout = 0.5 }).Build(1, 1, 8, 3, dropout);
        NetworkGoldens.Fill(network, new JsonArray([.. network.named_parameters().Select(parameter =>
            new JsonArray(parameter.name, new JsonArray([.. parameter.parameter.shape.Select(extent => JsonValue.Create(extent))])))]));
        Tensor Run(long step)
        {
            dropout.Step = step;
            return network.forward(NetworkGoldens.Noise(0, 2, 1, 8, 8), tensor(new long[] { 1, 2 }));
        }

        Tensor first = Run(0);
        Assert.True(first.equal(Run(0)).all().item<bool>());
        Assert.False(first.allclose(Run(1)));
        network.eval();
        Assert.True(Run(0).equal(Run(1)).all().item<bool>());
    }

    [Fact]
    public void Mask_ManyElements_KeepsItsShareAndItsMean()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mask = new DropoutContext(1).Mask([1001, 4, 5, 5], 0.1, 4, CPU);
        double kept = (mask > 0).to(float64).mean().item<double>();
        Assert.Equal(0.9, kept, 0.005); // 5 standard deviations
        Assert.Equal(1 / 0.9, mask.max().item<float>(), 1e-4);
    }

    [Theory]
    [InlineData(10, new[] { 1, 2, 2 }, new[] { 5 }, "network.multipliers", "multiple of 4")]
    [InlineData(8, new[] { 1, 2 }, new[] { 16 }, "network.attention[0]", "the resolutions are 8, 4")]
    public void Check_SizeThatDoesNotFit_NamesPlaceAndWayOut(int size, int[] multipliers, int[] attention, string path, string reason)
    {
        DdpmUnet unet = Small with { Multipliers = multipliers, Attention = attention };
        RunSpec run = new() { Data = new Squares(size), Network = unet };
        SpecException error = Assert.Throws<SpecException>(() => unet.Check(run, "network"));
        Assert.Equal(path, error.Path);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_GroupsThatDoNotDivide_NamesTheLayer()
    {
        DdpmUnet unet = new() { Channels = 24, Multipliers = [1, 2], Attention = [] };
        SpecException error = Assert.Throws<SpecException>(() => unet.Check("network"));
        Assert.Equal("network.groups", error.Path);
        Assert.Contains("groups 32", error.Reason, StringComparison.Ordinal);
        (unet with { Groups = 8 }).Check("network");
    }

    [Fact]
    public void Check_NoLevels_IsRefused() =>
        Assert.Equal("network.multipliers", Assert.Throws<SpecException>(() => new DdpmUnet { Multipliers = [] }.Check("network")).Path);

    private sealed record Squares(int Size) : Dataset
    {
        public override (int C, int H, int W) Shape => (1, Size, Size);

        public override int Levels => 256;

        public override ImageSet Load(Split split, string? dataFolder) => throw new NotSupportedException();
    }
}
