using DdpmJobs.Model.Sampling;
using SkiaSharp;

namespace DdpmJobs.Model.Tests.Sampling;

public sealed class GridPictureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-pictures-").FullName;

    private string Png => Path.Combine(_folder, "samples.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Ramp(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];

    [Fact]
    public void Write_GrayImages_EnlargesEachPixelToASquare()
    {
        byte[] images = Ramp(3 * 64);
        GridPicture.Write(images, (3, 1, 8, 8), 2, Png);
        using SKBitmap picture = SKBitmap.Decode(Png);

        // A pixel becomes 8 x 8, a tile 64; margin 16, gutter 5.
        Assert.Equal((16 + 64 + 5 + 64 + 16, 16 + 64 + 5 + 64 + 16), (picture.Width, picture.Height));
        Assert.Equal(new SKColor(0, 0, 0), picture.GetPixel(16, 16));
        Assert.Equal(new SKColor(1, 1, 1), picture.GetPixel(16 + 8, 16));
        Assert.Equal(new SKColor(63, 63, 63), picture.GetPixel(16 + 63, 16 + 63));
        Assert.Equal(new SKColor(64, 64, 64), picture.GetPixel(16 + 69, 16));
        Assert.Equal(new SKColor(128, 128, 128), picture.GetPixel(16, 16 + 69));
        Assert.Equal(picture.GetPixel(0, 0), picture.GetPixel(16 + 66, 20));
        Assert.Equal(picture.GetPixel(0, 0), picture.GetPixel(16 + 80, 16 + 80));
    }

    [Fact]
    public void Write_ColourImage_KeepsItsPlanesApart()
    {
        byte[] image = [.. Enumerable.Repeat((byte)200, 1024), .. Enumerable.Repeat((byte)100, 1024), .. Enumerable.Repeat((byte)50, 1024)];
        GridPicture.Write(image, (1, 3, 32, 32), 8, Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal(new SKColor(200, 100, 50), picture.GetPixel(20, 20));
    }

    [Fact]
    public void WriteComparison_TwoRuns_HasARowEachWithItsLabel()
    {
        (string, string)[] rows = [.. new[] { "schedule=linear", "v" }.Select((label, i) =>
        {
            string file = Path.Combine(_folder, $"{i}.safetensors");
            SampleFile.Write(file, [.. Enumerable.Repeat((byte)(10 + i), 4 * 64)], (4, 1, 8, 8), new Dictionary<string, string>());
            return (label, file);
        })];
        GridPicture.WriteComparison(rows, 3, Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal(16 + 64 + 5 + 64 + 16, picture.Height);
        int left = picture.Width - 16 - 3 * 69 + 5;
        Assert.Equal(new SKColor(10, 10, 10), picture.GetPixel(left, 16));
        Assert.Equal(new SKColor(11, 11, 11), picture.GetPixel(left, 16 + 69));

        // The label has ink, and the longer one has more.
        int Ink(int top) => Enumerable.Range(0, left).Sum(x => Enumerable.Range(top, 64).Count(y => picture.GetPixel(x, y) != picture.GetPixel(0, 0)));
        Assert.True(Ink(16) > Ink(16 + 69) && Ink(16 + 69) > 0);
    }

    [Fact]
    public void WriteRows_HeadingsAndGroups_LeaveRoomForThem()
    {
        PictureRow Row(string label, int images) => new(label, [.. Enumerable.Range(0, images).Select(i => (ReadOnlyMemory<byte>)Enumerable.Repeat((byte)(10 * i + 10), 64).ToArray())]);
        GridPicture.WriteRows([Row("a", 2), Row("b", 1) with { BeginsGroup = true }], ["0.25", "1"], (1, 8, 8), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);

        // A heading is 18 high with 8 below it; a group has 12 above it; a label of one character is 12 wide with 16 behind it.
        (int left, int top) = (16 + 12 + 16, 16 + 18 + 8);
        Assert.Equal((left + 64 + 5 + 64 + 16, top + 64 + 5 + 12 + 64 + 16), (picture.Width, picture.Height));
        Assert.Equal(new SKColor(10, 10, 10), picture.GetPixel(left, top));
        Assert.Equal(new SKColor(20, 20, 20), picture.GetPixel(left + 69, top));
        Assert.Equal(new SKColor(10, 10, 10), picture.GetPixel(left, top + 81));
        SKColor background = picture.GetPixel(0, 0);
        Assert.Equal([background, background], new[] { picture.GetPixel(left, top + 80), picture.GetPixel(left + 69, top + 81) });

        // Each heading stands over its column, inside its width.
        int Ink(int from, int to) => Enumerable.Range(from, to - from).Sum(x => Enumerable.Range(16, 18).Count(y => picture.GetPixel(x, y) != background));
        Assert.True(Ink(left, left + 64) > 100 && Ink(left + 69, left + 133) is > 20 and < 100);
        Assert.Equal(0, Ink(0, left));
        Assert.Equal(0, Ink(left + 64, left + 69 + 20));
    }

    [Fact]
    public void WriteRows_LongHeadings_AreWrittenSmaller()
    {
        PictureRow row = new("", [new byte[64], new byte[64]]);
        GridPicture.WriteRows([row], ["t=10000", "t=0"], (1, 8, 8), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal(16 + 9 + 8 + 64 + 16, picture.Height);
    }

    [Fact]
    public void WriteRows_NothingOrAnotherSize_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => GridPicture.WriteRows([], [], (1, 8, 8), Png));
        Assert.Throws<ArgumentException>(() => GridPicture.WriteRows([new PictureRow("", [new byte[63]])], [], (1, 8, 8), Png));
        Assert.Throws<ArgumentException>(() => GridPicture.WriteRows([new PictureRow("", [new byte[128]])], [], (2, 8, 8), Png));
        Assert.False(File.Exists(Png));
    }

    [Fact]
    public void WriteComparison_RunsOfDifferentShapes_NamesBoth()
    {
        string small = Path.Combine(_folder, "small.safetensors");
        string large = Path.Combine(_folder, "large.safetensors");
        SampleFile.Write(small, new byte[64], (1, 1, 8, 8), new Dictionary<string, string>());
        SampleFile.Write(large, new byte[256], (1, 1, 16, 16), new Dictionary<string, string>());
        ArgumentException error = Assert.Throws<ArgumentException>(() => GridPicture.WriteComparison([("a", small), ("b", large)], 1, Png));
        Assert.Contains(small, error.Message, StringComparison.Ordinal);
        Assert.Contains(large, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Png));
    }

    [Fact]
    public void IsSet_EveryPrintableCharacter_HasItsOwnGlyph()
    {
        string[] glyphs = [.. Enumerable.Range(' ', 95).Select(code => string.Concat(
            Enumerable.Range(0, BitmapFont.Height).SelectMany(row => Enumerable.Range(0, BitmapFont.Advance).Select(column => BitmapFont.IsSet((char)code, column, row) ? '#' : '.'))))];
        Assert.Equal(95, glyphs.Distinct().Count());
        Assert.DoesNotContain('#', glyphs[0]);
    }
}
