using DdpmJobs.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Sampling;

public sealed class PixelLevelsTests
{
    [Fact]
    public void Of_ValuesBetweenLevels_AreRoundedAndTheMiddleIs128()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] levels = [0.4, 1.6, 63.9, 127.5, 254.6, -1, 300];
        Tensor x = tensor([.. levels.Select(level => level / 127.5 - 1)], dtype: ScalarType.Float64);
        Tensor rounded = PixelLevels.Of(x);
        Assert.Equal(ScalarType.Float64, rounded.dtype);
        Assert.Equal([0, 2, 64, 128, 255, 0, 255], rounded.data<double>().ToArray());
    }

    [Fact]
    public void Of_Images_AreWhatTheirFileHolds()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = linspace(-1.2, 1.2, 5000);
        Assert.Equal(SampleWriter.Quantise(x).Select(level => (float)level), PixelLevels.Of(x).data<float>().ToArray());
        Assert.Equal(-1.2f, x[0].item<float>());
    }
}
