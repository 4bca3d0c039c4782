using DdpmJobs.Model.Quality.Resizing;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class ResizeTests
{
    public static TheoryData<Resize> Kinds => [new Tf1BilinearResize(), new BilinearResize(), new BicubicResize()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Apply_ToTheSameSize_ChangesNothing(Resize resize)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Features.Normal(1, 2 * 3 * 5, 7).reshape(2, 3, 5, 7);
        Assert.True(resize.Apply(images, 5, 7).allclose(images, 1e-6, 1e-6));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Apply_ToAnySize_KeepsAConstantAndTheType(Resize resize)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach ((int height, int width) in new[] { (1, 1), (3, 20), (299, 5), (6, 64) })
        {
            Tensor resized = resize.Apply(full([1, 2, 6, 9], 0.7, ScalarType.Float64), height, width);
            Assert.Equal([1, 2, height, width], resized.shape);
            Assert.Equal(ScalarType.Float64, resized.dtype);
            Assert.True((resized - 0.7).abs().max().item<double>() < 1e-14);
        }
    }

    [Theory]
    [InlineData(4, 11)]
    [InlineData(20, 3)]
    public void Bilinear_ToOtherSizes_IsTheLibrarys(int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Features.Normal(1, 2 * 3 * 9, 7).reshape(2, 3, 9, 7);
        Tensor expected = nn.functional.interpolate(images, [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
        Assert.True(new BilinearResize().Apply(images, height, width).allclose(expected, 1e-5, 1e-5));
    }

    [Fact]
    public void Apply_WhatIsNoImage_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Contains("got (3, 4, 4) Float32", Assert.Throws<ArgumentException>(() => new BicubicResize().Apply(ones(3, 4, 4), 8, 8)).Message, StringComparison.Ordinal);
        Assert.Contains("Byte", Assert.Throws<ArgumentException>(() => new BicubicResize().Apply(ones(1, 3, 4, 4, ScalarType.Byte), 8, 8)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new BicubicResize().Apply(ones(1, 3, 4, 4), 0, 8));
    }
}
