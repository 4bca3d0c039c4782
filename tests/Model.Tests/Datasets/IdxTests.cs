using System.Security.Cryptography;
using System.Text;
using DdpmJobs.Model.Datasets;

namespace DdpmJobs.Model.Tests.Datasets;

public sealed class IdxTests : IDisposable
{
    private const int Size = 28 * 28;
    private readonly DataFolder _data = new();

    public static TheoryData<string> Kinds => ["mnist", "fashion_mnist"];

    public void Dispose() => _data.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_PlainAndPackedFiles_AreTheSameSet(string kind)
    {
        byte[] pixels = DataFolder.Pattern(3 * Size);
        WriteSplit(kind, "train", pixels, [7, 0, 9]);
        ImageSet plain = Dataset(kind).Load(Split.Train, _data.Path);
        File.Delete(Path.Combine(_data.Path, kind, "train-images-idx3-ubyte"));
        _data.Write($"{kind}/train-images-idx3-ubyte.gz", DataFolder.Pack(DataFolder.Idx(pixels, 3, 28, 28)));
        ImageSet packed = Dataset(kind).Load(Split.Train, _data.Path);

        Assert.Equal((3, (1, 28, 28), 256), (plain.Count, plain.Shape, plain.Levels));
        Assert.Equal([7, 0, 9], plain.Labels);
        Assert.Equal(pixels[Size..(2 * Size)], plain.Pixels(1).ToArray());
        Assert.Equal(plain.ContentHash, packed.ContentHash);
        Assert.Equal(plain.Pixels(2).ToArray(), packed.Pixels(2).ToArray());
    }

    [Fact]
    public void ContentHash_IsThatOfTheLinesOfSha256Sum()
    {
        WriteSplit("mnist", "t10k", DataFolder.Pattern(Size), [1]);
        string lines = string.Concat(((string[])["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]).Select(name =>
            $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_data.Path, "mnist", name))))}  {name}\n"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(lines))), new Mnist().Load(Split.Test, _data.Path).ContentHash);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_FileThatIsNotThere_SaysWhereItIsLookedFor(string kind)
    {
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => Dataset(kind).Load(Split.Test, _data.Path));
        Assert.StartsWith(Path.Combine(_data.Path, kind, "t10k-images-idx3-ubyte"), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_FileCutShort_IsRefusedWithItsName(string kind)
    {
        foreach (int left in (int[])[0, 3, 15, 16, 100, 2 * Size + 15])
        {
            WriteSplit(kind, "train", DataFolder.Pattern(2 * Size), [1, 2]);
            _data.Write($"{kind}/train-images-idx3-ubyte", DataFolder.Idx(DataFolder.Pattern(2 * Size), 2, 28, 28)[..left]);
            Assert.StartsWith("train-images-idx3-ubyte: is ", Refusal(kind), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_PackedFileCutShortOrAltered_IsRefusedWithItsName(string kind)
    {
        WriteSplit(kind, "train", DataFolder.Pattern(2 * Size), [1, 2]);
        File.Delete(Path.Combine(_data.Path, kind, "train-images-idx3-ubyte"));
        byte[] packed = DataFolder.Pack(DataFolder.Idx(DataFolder.Pattern(2 * Size), 2, 28, 28));
        foreach (int left in (int[])[5, packed.Length / 2, packed.Length - 9])
        {
            _data.Write($"{kind}/train-images-idx3-ubyte.gz", packed[..left]);
            Assert.Contains("train-images-idx3-ubyte", Refusal(kind), StringComparison.Ordinal);
        }

    }

    [Fact]
    public void Load_PackedFileWithAnyByteAltered_IsRefusedOrTheSameContent()
    {
        WriteSplit("mnist", "train", DataFolder.Pattern(Size), [1]);
        string hash = new Mnist().Load(Split.Train, _data.Path).ContentHash;
        File.Delete(Path.Combine(_data.Path, "mnist", "train-images-idx3-ubyte"));
        byte[] packed = DataFolder.Pack(DataFolder.Idx(DataFolder.Pattern(Size), 1, 28, 28));
        int refused = 0;
        for (int i = 0; i < packed.Length; i++)
        {
            _data.Write("mnist/train-images-idx3-ubyte.gz", [.. packed[..i], (byte)(packed[i] ^ 0x10), .. packed[(i + 1)..]]);
            try
            {
                // A time stamp, say, is not content.
                Assert.Equal(hash, new Mnist().Load(Split.Train, _data.Path).ContentHash);
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.Contains("train-images-idx3-ubyte", e.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(refused, packed.Length - 10, packed.Length);
    }

    [Fact]
    public void Load_LabelsThatDoNotFit_AreRefused()
    {
        WriteSplit("mnist", "train", DataFolder.Pattern(2 * Size), [1]);
        Assert.Equal("train-labels-idx1-ubyte: holds 1 labels for the 2 images of train-images-idx3-ubyte.", Refusal("mnist"));
        WriteSplit("mnist", "train", DataFolder.Pattern(2 * Size), [1, 10]);
        Assert.Equal("train-labels-idx1-ubyte: label 1 is 10, not from 0 to 9.", Refusal("mnist"));
    }

    [Fact]
    public void Load_HeaderOfHugeSizes_IsRefused()
    {
        WriteSplit("mnist", "train", DataFolder.Pattern(Size), [1]);
        _data.Write("mnist/train-images-idx3-ubyte", DataFolder.Idx([], int.MaxValue, int.MaxValue, int.MaxValue));
        Assert.Contains("cut short or altered", Refusal("mnist"), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OtherFileOfThePublishedLength_IsRefused()
    {
        WriteSplit("mnist", "t10k", new byte[10_000 * Size], new byte[10_000]);
        Assert.Contains("was altered: its SHA-256 is ", Assert.Throws<InvalidDataException>(() => new Mnist().Load(Split.Test, _data.Path)).Message, StringComparison.Ordinal);
    }

    private string Refusal(string kind) => Assert.Throws<InvalidDataException>(() => Dataset(kind).Load(Split.Train, _data.Path)).Message;

    private static Dataset Dataset(string kind) => kind == "mnist" ? new Mnist() : new FashionMnist();

    private void WriteSplit(string kind, string prefix, byte[] pixels, byte[] labels)
    {
        _data.Write($"{kind}/{prefix}-images-idx3-ubyte", DataFolder.Idx(pixels, pixels.Length / Size, 28, 28));
        _data.Write($"{kind}/{prefix}-labels-idx1-ubyte", DataFolder.Idx(labels, labels.Length));
    }
}
