using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public sealed class PixelConvolutionTests
{
    private const double Tolerance = 3e-6;

    // oneDNN's own results are wrong in the first six, with the channels last.
    [Theory]
    [InlineData(6, 64, 112, 12, 9)]
    [InlineData(3, 640, 80, 28, 28)]
    [InlineData(2, 1280, 320, 4, 5)]
    [InlineData(12, 192, 512, 2, 2)]
    [InlineData(8, 16, 1024, 2, 2)]
    [InlineData(2, 64, 80, 73, 73)]
    [InlineData(1, 16, 16, 1, 1)]
    [InlineData(5, 48, 96, 7, 9)]
    [InlineData(16, 1024, 256, 12, 12)]
    [InlineData(3, 24, 32, 5, 5)] // channels that are no whole vectors
    [InlineData(3, 32, 3, 5, 5)]
    public void Convolve_AnyShape_IsTheConvolutionAndItsGradients(int n, int inChannels, int outChannels, int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Normal(1, n, inChannels, height, width).requires_grad_();
        Tensor weight = (Normal(2, outChannels, inChannels, 1, 1) / Math.Sqrt(inChannels)).detach().requires_grad_(), bias = Normal(3, outChannels).requires_grad_();
        Tensor dy = Normal(4, n, outChannels, height, width);
        Tensor[] exact = [.. new[] { x, weight, bias }.Select(input => input.detach().to(float64).requires_grad_())];
        Tensor expected = nn.functional.conv2d(exact[0], exact[1], exact[2]);
        expected.backward([dy.to(float64)]);

        Tensor y = PixelConvolution.Convolve(x, weight, bias);
        y.backward([dy]);

        AssertNear(expected, y, Tolerance);
        AssertNear(exact[0].grad!, x.grad!, Tolerance);
        AssertNear(exact[1].grad!, weight.grad!, Tolerance);
        AssertNear(exact[2].grad!, bias.grad!, Tolerance);
        using IDisposable quiet = no_grad();
        Assert.True(PixelConvolution.Convolve(LastChannels.Of(x), weight, bias).equal(y).all().item<bool>());
    }

    [Fact]
    public void Convolve_OtherThreads_IsTheSameToTheLastBit()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Normal(1, 3, 48, 11, 13), dy = Normal(2, 3, 80, 11, 13), bias = Normal(3, 80);
        int before = get_num_threads();
        try
        {
            (Tensor y1, Tensor dw1) = Pass(1);
            (Tensor y3, Tensor dw3) = Pass(3);
            Assert.True(y1.equal(y3).all().item<bool>() && dw1.equal(dw3).all().item<bool>());
        }
        finally
        {
            set_num_threads(before);
        }

        (Tensor Y, Tensor Dw) Pass(int threads)
        {
            set_num_threads(threads);
            Tensor weight = Normal(4, 80, 48, 1, 1).requires_grad_();
            Tensor y = PixelConvolution.Convolve(x, weight, bias);
            y.backward([dy]);
            return (y, weight.grad!);
        }
    }

    // Through the layer, so that a new way around it shows; widths as people choose them.
    [Theory]
    [InlineData(64, 80)]
    [InlineData(144, 512)]
    [InlineData(160, 640)]
    [InlineData(96, 112)]
    public void Layer_ChannelsLast_IsRight(int inChannels, int outChannels)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using Convolution layer = new(new Initializer(1), inChannels, outChannels, 1);
        Tensor x = Normal(1, 10, inChannels, 12, 12);
        Tensor y = layer.call(LastChannels.Of(x));
        layer.to(float64);
        AssertNear(layer.call(x.to(float64)), y, Tolerance);
    }
}
