using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Datasets;

public class ImageSetTests
{
    [Theory]
    [InlineData(256)]
    [InlineData(17)]
    [InlineData(2)]
    public void Batch_EveryLevel_IsScaledToTheUnitRangeAndRoundedBack(int levels)
    {
        using DisposeScope scope = NewDisposeScope();
        byte[] pixels = [.. Enumerable.Range(0, levels).Select(level => (byte)level)];
        ImageSet images = new(pixels, 1, (1, 1, levels), levels, [], "");
        float[] values = images.Batch([0]).data<float>().ToArray();
        double half = (levels - 1) / 2.0; // 127.5 for bytes
        for (int level = 0; level < levels; level++)
        {
            Assert.Equal((float)(level / half - 1), values[level], 1e-7f);
            Assert.Equal(level, (int)Math.Round((values[level] + 1) * half));
        }

        Assert.Equal((-1f, 1f), (values[0], values[^1]));
        if (levels == 256)
            Assert.Equal(pixels, SampleWriter.Quantise(images.Batch([0])));
    }

    [Fact]
    public void Batch_IndicesInAnyOrder_AreThoseImages()
    {
        using DisposeScope scope = NewDisposeScope();
        ImageSet images = new([0, 255, 51], 3, (1, 1, 1), 256, [], "");
        Assert.Equal([-0.6f, -1, 1, -0.6f], images.Batch([2, 0, 1, 2]).data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void New_SizesOrLevelsThatDoNotFit_AreRefused()
    {
        Assert.Contains("3 pixels", Assert.Throws<ArgumentException>(() => new ImageSet([0, 0], 3, (1, 1, 1), 256, [], "")).Message, StringComparison.Ordinal);
        Assert.Contains("not below 17 levels", Assert.Throws<ArgumentException>(() => new ImageSet([17], 1, (1, 1, 1), 17, [], "")).Message, StringComparison.Ordinal);
        Assert.Contains("1 labels or none", Assert.Throws<ArgumentException>(() => new ImageSet([1], 1, (1, 1, 1), 17, [1, 2], "")).Message, StringComparison.Ordinal);
    }
}
