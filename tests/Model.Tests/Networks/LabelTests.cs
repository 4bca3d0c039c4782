using DdpmJobs.Model.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public class LabelTests
{
    public static TheoryData<string> Kinds => ["ddpm_unet", "improved_unet"];

    private static Network Small(string kind, int classes) => kind == "ddpm_unet"
        ? new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4, Dropout = 0, Classes = classes }
        : new ImprovedUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Heads = 2, Groups = 4, Dropout = 0, Classes = classes };

    // Fresh networks predict almost zero whatever they see, so every parameter is given some value.
    private static nn.Module<Tensor, Tensor, Tensor> Build(Network network)
    {
        nn.Module<Tensor, Tensor, Tensor> module = network.Build(1, 1, 8, 3, new DropoutContext(3));
        using IDisposable quiet = no_grad();
        foreach ((string name, Parameter parameter) in module.named_parameters())
            parameter.add_(NetworkGoldens.Noise(name.Length, parameter.shape), alpha: 0.1);
        return module;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Given_Labels_DecideEachImageAlone(string kind)
    {
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> network = Build(Small(kind, 3));
        (Tensor x, Tensor t) = (NetworkGoldens.Noise(0, 3, 1, 8, 8), tensor(new long[] { 5, 5, 5 }));
        Tensor Call(params long[] labels) => ConditionalModule.Given(network, tensor(labels))(x, t);

        Tensor a = Call(0, 1, 2);
        Tensor b = Call(0, 2, -1);
        Assert.True(a[0].allclose(b[0], atol: 1e-6));
        Assert.False(a[1].allclose(b[1], atol: 1e-3));
        Assert.True(b[2].allclose(network.forward(x, t)[2], atol: 1e-6));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Build_WithLabels_HasTheSameFirstWeightsElsewhere(string kind)
    {
        using nn.Module<Tensor, Tensor, Tensor> without = Small(kind, 0).Build(1, 1, 8, 3, new DropoutContext(3));
        using nn.Module<Tensor, Tensor, Tensor> with = Small(kind, 3).Build(1, 1, 8, 3, new DropoutContext(3));
        Dictionary<string, Parameter> more = with.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.All(without.named_parameters(), p => Assert.True(p.parameter.equal(more[p.name]).all().item<bool>()));
        Assert.Equal(["label_emb.weight"], more.Keys.Except(without.named_parameters().Select(p => p.name)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Given_LabelsThatDoNotFit_IsRefused(string kind)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor x, Tensor t) = (NetworkGoldens.Noise(0, 2, 1, 8, 8), tensor(new long[] { 1, 2 }));
        using nn.Module<Tensor, Tensor, Tensor> with = Build(Small(kind, 3));
        using nn.Module<Tensor, Tensor, Tensor> without = Build(Small(kind, 0));
        Assert.Throws<ArgumentException>(() => ConditionalModule.Given(with, tensor(new long[] { 1 }))(x, t));
        Assert.Throws<ArgumentException>(() => ConditionalModule.Given(without, tensor(new long[] { 1, 2 }))(x, t));
    }
}
