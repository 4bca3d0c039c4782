using DdpmJobs.Model.Datasets;

namespace DdpmJobs.Model.Tests.Datasets;

/// <summary>The published files, where the environment variable DDPM_TEST_DATA names a data folder that has them.</summary>
public sealed class RealDataTests
{
    [Theory]
    [InlineData(Split.Train, 60_000, new byte[] { 5, 0, 4, 1, 9 })]
    [InlineData(Split.Test, 10_000, new byte[] { 7, 2, 1, 0, 4 })]
    public void Load_Mnist_HasTheImagesOfItsAuthors(Split split, int count, byte[] first)
    {
        ImageSet images = new Mnist().Load(split, Folder("mnist/train-images-idx3-ubyte"));
        Assert.Equal(count, images.Count);
        Assert.Equal(first, images.Labels.Take(5));
    }

    [Fact]
    public void Load_Cifar10_HasFiveThousandTrainingImagesAClass()
    {
        ImageSet images = new Cifar10().Load(Split.Train, Folder("cifar10/data_batch_1.bin"));
        Assert.Equal(50_000, images.Count);
        Assert.All(images.Labels.CountBy(label => label), entry => Assert.Equal(5_000, entry.Value));
    }

    [Fact]
    public void Load_CrawlTiles_AreDividedByTheirContent()
    {
        PackedTiles tiles = new() { File = "crawl-tiles-cc0/tiles_32x32_rgba_u8.bin", Channels = 4, Sha256 = "769d2dc4d04f27ac2e98649cdb85d98e8435a8eeaeaf6d2009cfe2bea0cb99cd" };
        string folder = Folder(tiles.File);
        (int train, int test) = (tiles.Load(Split.Train, folder).Count, tiles.Load(Split.Test, folder).Count);
        Assert.Equal(3923, train + test);
        Assert.InRange(test, 300, 490);
    }

    private static string Folder(string file)
    {
        string folder = Environment.GetEnvironmentVariable("DDPM_TEST_DATA") ?? "";
        Assert.SkipWhen(folder.Length == 0, "DDPM_TEST_DATA is not set.");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, file)) || File.Exists(Path.Combine(folder, file + ".gz")), $"DDPM_TEST_DATA has no {file}.");
        return folder;
    }
}
