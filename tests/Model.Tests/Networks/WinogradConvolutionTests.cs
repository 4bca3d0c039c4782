using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public sealed class WinogradConvolutionTests
{
    // Some roundings more than a direct convolution has.
    private const double Tolerance = 5e-6;

    [Theory]
    [InlineData(2, 32, 32, 8, 8, 1)]
    [InlineData(3, 16, 80, 7, 5, 1)] // tiles over the border
    [InlineData(1, 48, 32, 1, 1, 1)]
    [InlineData(5, 64, 112, 3, 3, 0)] // a single pixel
    [InlineData(2, 32, 64, 9, 6, 0)]
    [InlineData(2, 64, 32, 4, 5, 2)]
    [InlineData(4, 272, 48, 6, 6, 1)] // more channels than are multiplied at a time
    [InlineData(3, 48, 528, 4, 4, 1)]
    [InlineData(40, 32, 48, 16, 16, 1)] // more tiles than are added up at a time
    [InlineData(16, 256, 128, 8, 8, 1)]
    public void Convolve_AnyShape_IsTheConvolutionAndItsGradients(int n, int inChannels, int outChannels, int height, int width, int padding) =>
        ConvolutionChecks.AssertConvolves(
            (x, weight, bias) => WinogradConvolution.Convolve(x, weight, bias, padding), [n, inChannels, height, width], [outChannels, inChannels, 3, 3], padding, Tolerance);

    [Fact]
    public void Convolve_OutputChangedInPlace_Differentiates()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Normal(1, 2, 32, 4, 4).requires_grad_(), more = Normal(2, 2, 32, 4, 4).requires_grad_();
        Tensor y = WinogradConvolution.Convolve(x, Normal(3, 32, 32, 3, 3), Normal(4, 32), 1);
        y.add_(more);
        y.backward([ones_like(y)]);
        Assert.True(more.grad!.equal(1).all().item<bool>());
    }

    [Fact]
    public void Convolve_NotANumberSomewhere_IsNotANumberThere()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor x = Normal(1, 2, 32, 6, 6), weight = Normal(2, 32, 32, 3, 3), bias = Normal(3, 32);
        x[1, 7, 2, 3] = float.NaN;

        Tensor y = WinogradConvolution.Convolve(x, weight, bias, 1);

        Assert.False(y[0].isnan().any().item<bool>());
        Assert.True(y[1, .., 1..4, 2..5].isnan().all().item<bool>());
    }

    [Fact]
    public void Convolve_OtherThreads_IsTheSameToTheLastBit() =>
        ConvolutionChecks.AssertSameOnOtherThreads((x, weight, bias) => WinogradConvolution.Convolve(x, weight, bias, 1), [3, 48, 11, 13], [80, 48, 3, 3]);

    [Fact]
    public void Convolve_ImagesBesideIt_ChangeNothing() =>
        ConvolutionChecks.AssertSameAlone((x, weight, bias) => WinogradConvolution.Convolve(x, weight, bias, 1), [23, 48, 5, 7], [80, 48, 3, 3]);

    [Theory]
    [InlineData(1, 32, 32, 1, true)]
    [InlineData(0, 32, 32, 1, false)]
    [InlineData(1, 32, 24, 1, false)] // no whole vectors
    [InlineData(1, 3, 128, 1, false)]
    [InlineData(1, 16, 16, 1, false)] // too few channels to pay
    [InlineData(1, 32, 32, 3, false)]
    public void Fits_ImagesAndChannels_AnyImagesAndEnoughChannelsInWholeVectors(int n, int inChannels, int outChannels, int padding, bool expected)
    {
        Assert.SkipUnless(Vectors.AreFast, "Kernels of ours are not used on this processor.");
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal(expected, WinogradConvolution.Fits(zeros(n, inChannels, 4, 4), zeros(outChannels, inChannels, 3, 3), padding));
    }

    [Fact]
    public void Fits_OtherKernelsAndTypes_LeavesThemToLibtorch()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.False(WinogradConvolution.Fits(zeros(12, 32, 4, 4), zeros(32, 32, 1, 1), 0));
        Assert.False(WinogradConvolution.Fits(zeros(12, 32, 4, 4, dtype: float64), zeros(32, 32, 3, 3, dtype: float64), 1));
        Assert.False(WinogradConvolution.Fits(zeros(12, 32, 4, 4, dtype: bfloat16), zeros(32, 32, 3, 3, dtype: bfloat16), 1));
    }

    // Through the layer, which knows libtorch's way too.
    [Theory]
    [InlineData(12, 1)]
    [InlineData(12, 2)]
    [InlineData(1, 1)]
    public void Layer_BatchesAndStrides_IsRight(int n, int stride)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using Convolution layer = new(new Initializer(1), 48, 64, 3, stride: stride);
        Tensor x = Normal(1, n, 48, 4, 4);
        Tensor y = layer.call(LastChannels.Of(x));
        layer.to(float64);
        AssertNear(layer.call(x.to(float64)), y, Tolerance);
    }

    [Fact]
    public void Layer_NoImages_GivesNone()
    {
        using DisposeScope scope = NewDisposeScope();
        using Convolution layer = new(new Initializer(1), 48, 64, 3);
        Assert.Equal([0, 64, 4, 4], layer.call(zeros(0, 48, 4, 4)).shape);
    }
}
