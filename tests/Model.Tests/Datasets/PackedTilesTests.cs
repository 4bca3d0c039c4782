using System.Security.Cryptography;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Datasets;

public sealed class PackedTilesTests : IDisposable
{
    private static readonly PackedTiles Small = new() { File = "set/tiles.bin", Height = 1, Width = 2, Channels = 3, TestFraction = 0 };
    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Load_Colours_AreTakenApartIntoPlanes()
    {
        _data.Write("set/tiles.bin", [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
        ImageSet images = Small.Load(Split.Train, _data.Path);
        Assert.Equal((2, (3, 1, 2)), (images.Count, images.Shape));
        Assert.Equal([11, 14, 12, 15, 13, 16], images.Pixels(1).ToArray());
        Assert.Empty(images.Labels);
    }

    [Fact]
    public void Load_Alpha_LiesOverTheBackground()
    {
        _data.Write("set/tiles.bin", [10, 20, 30, 255, 10, 20, 30, 0]);
        ImageSet images = (Small with { Channels = 4, Background = 7 }).Load(Split.Train, _data.Path);
        Assert.Equal((3, 1, 2), images.Shape);
        Assert.Equal([10, 7, 20, 7, 30, 7], images.Pixels(0).ToArray());
    }

    [Fact]
    public void Load_Splits_HoldEveryTileOnceAndTheSameTileOnOneSide()
    {
        byte[] tiles = DataFolder.Pattern(100 * 6);
        _data.Write("set/tiles.bin.gz", DataFolder.Pack([.. tiles, .. tiles]));
        PackedTiles half = Small with { TestFraction = 0.5 };
        string[] train = Tiles(half.Load(Split.Train, _data.Path));
        string[] test = Tiles(half.Load(Split.Test, _data.Path));
        Assert.Equal(200, train.Length + test.Length);
        Assert.Empty(train.Intersect(test));
        Assert.InRange(test.Length, 60, 140);
    }

    [Fact]
    public void Load_FileCutShort_IsRefused()
    {
        _data.Write("set/tiles.bin", new byte[11]);
        Assert.StartsWith("set/tiles.bin: is cut short", Refusal(Small), StringComparison.Ordinal);
        _data.Write("set/tiles.bin", []);
        Assert.StartsWith("set/tiles.bin: is cut short", Refusal(Small), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileOfAnotherHash_IsRefused()
    {
        byte[] tiles = DataFolder.Pattern(12);
        _data.Write("set/tiles.bin", tiles);
        PackedTiles known = Small with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(tiles)) };
        Assert.Equal(2, known.Load(Split.Train, _data.Path).Count);
        _data.Write("set/tiles.bin", tiles[..6]);
        Assert.Contains("tiles.bin: is another file than it should be, or was altered", Refusal(known), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SplitWithoutImages_SaysWhy()
    {
        _data.Write("set/tiles.bin", new byte[6]);
        Assert.Contains("none of its 1 images is for the split test; test_fraction is 0", Assert.Throws<InvalidDataException>(() => Small.Load(Split.Test, _data.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"packed_tiles","file":"../x"}""", "file")]
    [InlineData("""{"kind":"packed_tiles","file":"x","sha256":"abc"}""", "sha256")]
    [InlineData("""{"kind":"packed_tiles","file":"x","channels":2}""", "channels")]
    [InlineData("""{"kind":"packed_tiles"}""", "file")]
    public void Read_WrongMember_IsNamed(string json, string path) => Assert.Equal(path, Assert.Throws<SpecException>(() => SpecJson.ReadText<Dataset>(json)).Path);

    private string Refusal(PackedTiles dataset) => Assert.Throws<InvalidDataException>(() => dataset.Load(Split.Train, _data.Path)).Message;

    private static string[] Tiles(ImageSet images) => [.. Enumerable.Range(0, images.Count).Select(i => Convert.ToHexString(images.Pixels(i)))];
}
