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
    public void Convolve_AnyShape_IsTheConvolutionAndItsGradients(int n, int inChannels, int outChannels, int height, int width) =>
        ConvolutionChecks.AssertConvolves(PixelConvolution.Convolve, [n, inChannels, height, width], [outChannels, inChannels, 1, 1], 0, Tolerance);

    [Fact]
    public void Convolve_OtherThreads_IsTheSameToTheLastBit() =>
        ConvolutionChecks.AssertSameOnOtherThreads(PixelConvolution.Convolve, [3, 48, 11, 13], [80, 48, 1, 1]);

    [Fact]
    public void Convolve_ImagesBesideIt_ChangeNothing() => ConvolutionChecks.AssertSameAlone(PixelConvolution.Convolve, [23, 48, 5, 7], [80, 48, 1, 1]);

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
