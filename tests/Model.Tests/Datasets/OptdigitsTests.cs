using System.Text;
using DdpmJobs.Model.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Datasets;

public class OptdigitsTests
{
    [Theory]
    [InlineData(Split.Train, 3823)]
    [InlineData(Split.Test, 1797)]
    public void Load_EachSplit_HasTheImagesOfItsAuthors(Split split, int count)
    {
        ImageSet images = new Optdigits().Load(split, null);
        Assert.Equal(count, images.Count);
        Assert.Equal((1, 8, 8), images.Shape);
        Assert.Equal(17, images.Levels);
        Assert.Equal(64, images.ContentHash.Length);
    }

    [Fact]
    public void Load_FirstTrainingImage_HasItsPixelsInRange()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor first = new Optdigits().Load(Split.Train, null).Batch([0]);
        // Its first row is 0,1,6,15,12,1,0,0 of 16.
        Assert.Equal([-1f, -0.875f, -0.25f, 0.875f, 0.5f, -0.875f, -1f, -1f], first[0, 0, 0].data<float>().ToArray());
    }

    [Theory]
    [InlineData("0,1\n", "has 2 values")]
    [InlineData("", "holds 0 images")]
    [InlineData("17,{63},3\n", "\"17\" is not a whole number from 0 to 16")]
    [InlineData("-1,{63},3\n", "\"-1\"")]
    [InlineData(" 1,{63},x\n", "\"x\"")]
    [InlineData("1,{63},10\n", "\"10\" is not a whole number from 0 to 9")]
    public void Parse_DamagedText_NamesFileAndValue(string text, string expected)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text.Replace("{63}", string.Join(',', Enumerable.Repeat("0", 63)), StringComparison.Ordinal));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Optdigits.Parse(bytes, 1, "some.tra"));
        Assert.StartsWith("some.tra", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
