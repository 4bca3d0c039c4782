using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
using SkiaSharp;

namespace DdpmJobs.Model.Tests.Datasets;

public sealed class ImageFolderTests : IDisposable
{
    private static readonly ImageFolder Small = new() { Folder = "set", Height = 4, Width = 5, TestFraction = 0 };
    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Load_SubFolders_AreClassesInOrderOfName()
    {
        Write("b/1.png", new SKColor(1, 2, 3));
        Write("a/2.PNG", new SKColor(40, 50, 60));
        Write("b/deeper/0.png", new SKColor(7, 8, 9));
        _data.Write("set/b/notes.txt", [1]);
        ImageSet images = Small.Load(Split.Train, _data.Path);
        Assert.Equal((3, (3, 4, 5)), (images.Count, images.Shape));
        Assert.Equal([0, 1, 1], images.Labels);
        Assert.Equal([.. Enumerable.Repeat((byte)40, 20), .. Enumerable.Repeat((byte)50, 20), .. Enumerable.Repeat((byte)60, 20)], images.Pixels(0).ToArray());
    }

    [Fact]
    public void Load_PicturesWithoutFolders_HaveNoLabels()
    {
        Write("1.png", SKColors.Red);
        Assert.Empty(Small.Load(Split.Train, _data.Path).Labels);
        Write("a/1.png", SKColors.Blue);
        Assert.Contains("1.png is in no class", Refusal(Small), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Splits_ArePartsThatStayWhenPicturesAreAdded()
    {
        ImageFolder half = Small with { TestFraction = 0.5 };
        for (int i = 0; i < 40; i++)
            Write($"{i:00}.png", new SKColor((byte)i, 0, 0));
        int[] train = Reds(half.Load(Split.Train, _data.Path));
        int[] test = Reds(half.Load(Split.Test, _data.Path));
        Assert.Equal(Enumerable.Range(0, 40), train.Concat(test).Order());
        Assert.InRange(test.Length, 8, 32);

        Write("zz.png", new SKColor(99, 0, 0));
        Assert.Equal(test, Reds(half.Load(Split.Test, _data.Path)).Where(red => red != 99));
        Assert.Equal(train, Reds(half.Load(Split.Train, _data.Path)).Where(red => red != 99));
    }

    [Fact]
    public void ContentHash_FollowsNamesAndContent()
    {
        Write("1.png", SKColors.Red);
        string hash = Small.Load(Split.Train, _data.Path).ContentHash;
        File.Move(Path.Combine(_data.Path, "set", "1.png"), Path.Combine(_data.Path, "set", "2.png"));
        string renamed = Small.Load(Split.Train, _data.Path).ContentHash;
        Write("2.png", SKColors.Green);
        Assert.Equal(3, new HashSet<string> { hash, renamed, Small.Load(Split.Train, _data.Path).ContentHash }.Count);
    }

    [Fact]
    public void Load_Jpeg_IsReadAndGreyIsLuma()
    {
        _data.Write("set/1.jpg", Encoded(new SKColor(200, 100, 50), SKEncodedImageFormat.Jpeg, 5, 4));
        byte[] grey = (Small with { Channels = 1 }).Load(Split.Train, _data.Path).Pixels(0).ToArray();
        Assert.All(grey, level => Assert.InRange(level, 122, 126)); // 0.299 x 200 + 0.587 x 100 + 0.114 x 50 = 124.2
    }

    [Fact]
    public void Load_TransparentPicture_LiesOverTheBackground()
    {
        Write("1.png", new SKColor(255, 0, 0, 51));
        byte[] pixels = (Small with { Background = 100 }).Load(Split.Train, _data.Path).Pixels(0).ToArray();
        Assert.Equal((131, 80, 80), (pixels[0], pixels[20], pixels[40])); // a fifth of red over four fifths of 100
    }

    [Fact]
    public void Load_PictureOfAnotherSize_IsRefusedOrFitted()
    {
        _data.Write("set/big.png", Encoded(new SKColor(9, 8, 7), SKEncodedImageFormat.Png, 17, 12));
        Assert.Contains("big.png: is 17 x 12 pixels instead of 5 x 4", Refusal(Small), StringComparison.Ordinal);
        byte[] pixels = (Small with { Resize = true }).Load(Split.Train, _data.Path).Pixels(0).ToArray();
        Assert.Equal([9, 8, 7], ((int[])[0, 20, 40]).Select(i => (int)pixels[i]));
    }

    [Fact]
    public void Fit_HalfTheSize_IsTheMeanOfFour()
    {
        Raster picture = new([.. Enumerable.Range(0, 16).SelectMany(i => new byte[] { (byte)(10 * i), 0, 0, 255 })], 4, 4);
        Assert.Equal([25, 45, 105, 125], picture.Fit(2, 2).Pixels.Where((_, i) => i % 4 == 0).Select(red => (int)red));
    }

    [Fact]
    public void Fit_WidePicture_KeepsItsMiddle()
    {
        Raster picture = new([.. Enumerable.Range(0, 4).SelectMany(i => new byte[] { (byte)(10 * i), 0, 0, 255 })], 4, 1);
        Assert.Equal(15, picture.Fit(1, 1).Pixels[0] + 0);
    }

    [Fact]
    public void Load_PictureCutShortOrAltered_IsRefusedWithItsName()
    {
        foreach (SKEncodedImageFormat format in (SKEncodedImageFormat[])[SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg])
        {
            byte[] picture = Encoded(null, format, 5, 4);
            foreach (int left in (int[])[0, 10, picture.Length / 2])
            {
                _data.Write("set/bad.png", picture[..left]);
                Assert.Contains("bad.png: is ", Refusal(Small), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Load_PngWithAnyByteAltered_IsRefusedOrTheSamePicture()
    {
        byte[] picture = Encoded(null, SKEncodedImageFormat.Png, 5, 4);
        _data.Write("set/1.png", picture);
        byte[] pixels = Small.Load(Split.Train, _data.Path).Pixels(0).ToArray();
        for (int i = 0; i < picture.Length; i++)
        {
            _data.Write("set/1.png", [.. picture[..i], (byte)(picture[i] ^ 0x10), .. picture[(i + 1)..]]);
            try
            {
                Assert.True(pixels.AsSpan().SequenceEqual(Small.Load(Split.Train, _data.Path).Pixels(0)), $"byte {i} of {picture.Length} was altered unnoticed");
            }
            catch (InvalidDataException e)
            {
                Assert.Contains("1.png: is ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("/etc")]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("c:\\\\x")]
    public void Read_FolderThatLeadsOutOfTheDataFolder_IsRefused(string folder)
    {
        SpecException error = Assert.Throws<SpecException>(() => SpecJson.ReadText<Dataset>($$"""{"kind":"image_folder","folder":"{{folder}}"}"""));
        Assert.Equal("folder", error.Path);
    }

    private string Refusal(ImageFolder dataset) => Assert.Throws<InvalidDataException>(() => dataset.Load(Split.Train, _data.Path)).Message;

    private void Write(string name, SKColor colour) => _data.Write($"set/{name}", Encoded(colour, SKEncodedImageFormat.Png, 5, 4));

    private static int[] Reds(ImageSet images) => [.. Enumerable.Range(0, images.Count).Select(i => (int)images.Pixels(i)[0])];

    // One colour, or a pattern.
    private static byte[] Encoded(SKColor? colour, SKEncodedImageFormat format, int width, int height)
    {
        using SKBitmap picture = new(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (int i = 0; i < width * height; i++)
            picture.SetPixel(i % width, i / width, colour ?? new SKColor((byte)(i * 53), (byte)(i * 91), (byte)(i * 29)));
        using SKData data = picture.Encode(format, 100);
        return data.ToArray();
    }
}
