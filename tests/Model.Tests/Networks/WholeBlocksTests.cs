using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Tests.Networks;

public class WholeBlocksTests
{
    private const int Tries = 20;
    private static readonly int[] Channels = [1, 3, 7, 8, 12, 17, 24, 40];

    public static TheoryData<int, int, int> Shapes => [.. from i in Channels from o in Channels from kernel in new[] { 1, 3 } select (i, o, kernel)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Convolve_AnyChannelsWhereMemoryHoldsNaN_IsFiniteAndTheSameEveryTime(int inChannels, int outChannels, int kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = NetworkGoldens.Noise(1, 4, inChannels, 8, 8).requires_grad_();
        Tensor weight = NetworkGoldens.Noise(2, outChannels, inChannels, kernel, kernel).requires_grad_();
        Tensor bias = NetworkGoldens.Noise(3, outChannels).requires_grad_();
        float[] first = Run();
        for (int i = 1; i < Tries; i++)
            Assert.Equal(first, Run());
        Assert.All(first, value => Assert.True(float.IsFinite(value)));

        // In float64 the library has no blocks.
        using Tensor exact = functional.conv2d(x.to(float64), weight.to(float64), bias.to(float64), padding: [kernel / 2, kernel / 2]);
        using Tensor here = Convolve();
        Assert.True(here.to(float64).allclose(exact, rtol: 1e-4, atol: 1e-4));

        Tensor Convolve() => WholeBlocks.Convolve(x, weight, bias, (x, w, b) => functional.conv2d(x, w, b, padding: [kernel / 2, kernel / 2]));

        float[] Run()
        {
            Poison();
            using DisposeScope scope = NewDisposeScope();
            Tensor y = Convolve();
            Tensor[] gradients = [.. autograd.grad([y.square().sum()], [x, weight, bias])];
            return [.. gradients.Prepend(y).SelectMany(tensor => tensor.detach().contiguous().data<float>().ToArray())];
        }
    }

    [Fact]
    public void Disable_WithThisLibtorch_FindsTheSwitch() => Assert.True(Nnpack.Disable() || !OperatingSystem.IsLinux());

    // What is freed here is what is allocated next.
    private static void Poison()
    {
        for (int size = 1 << 8; size <= 1 << 18; size *= 4)
            full(size, float.NaN).Dispose();
    }
}
