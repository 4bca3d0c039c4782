using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Tests.Datasets;
using DdpmJobs.Model.Tests.Exchange;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;

public class CifarResnetTests
{
    // Errors in percent of the published weights on all 10,000 test images: akamaster/pytorch_resnet_cifar10, README. Of the first 1,000 the standard deviation is 0.9.
    [Theory]
    [InlineData(20, 8.27)]
    [InlineData(32, 7.37)]
    [InlineData(44, 6.90)]
    [InlineData(56, 6.61)]
    public void Of_FirstTestImages_KnowsAsManyAsPublished(int depth, double publishedError)
    {
        const int Count = 1000;
        using DataFolder folder = new();
        folder.Write("cifar10/test_batch.bin.gz", File.ReadAllBytes(TestData.Files("cifar10", "test_batch_first1000.bin.gz")[0]));
        ImageSet images = new Cifar10 { TestImages = Count }.Load(Split.Test, folder.Path);
        using CifarResnet network = CifarResnet.Open(depth, WeightsOf(depth), "cpu", CancellationToken.None);
        using Tensor levels = (images.Batch([.. Enumerable.Range(0, Count)]) + 1) * 127.5f;
        using FeatureOutputs outputs = network.Of(levels, CancellationToken.None);
        Assert.Equal([Count, 64], outputs.Features.shape);
        Assert.Equal([Count, 10], outputs.Logits.shape);
        long[] classes = outputs.Logits.argmax(1).data<long>().ToArray();
        double error = 100.0 * Enumerable.Range(0, Count).Count(i => classes[i] != images.Labels[i]) / Count;
        TestContext.Current.TestOutputHelper?.WriteLine($"{network.Name}: {error} % wrong, published {publishedError} %");
        Assert.InRange(error, publishedError - 2.5, publishedError + 2.5);
        Assert.False(network.MeasuresFid);
    }

    [Fact]
    public void Open_OtherFile_IsRefused()
    {
        string wrong = WeightsOf(32);
        Assert.Equal($"{wrong} cannot be used as the weights of cifar10_resnet20: it has 1890043 bytes instead of 1099231; it was cut short or is another file.",
            Assert.Throws<InvalidDataException>(() => CifarResnet.Open(20, wrong, "cpu", CancellationToken.None)).Message);
    }

    [Fact]
    public void Of_LevelsThatAreNotFinite_AreRefused()
    {
        using CifarResnet network = CifarResnet.Open(20, WeightsOf(20), "cpu", CancellationToken.None);
        using Tensor images = zeros(2, 3, 32, 32);
        images[1, 2, 3, 4] = float.NaN;
        Assert.Equal("cifar10_resnet20 was given images with levels that are not finite. (Parameter 'images')",
            Assert.Throws<ArgumentException>(() => network.Of(images, CancellationToken.None)).Message);
        images[1, 2, 3, 4] = float.PositiveInfinity;
        Assert.Throws<ArgumentException>(() => network.Of(images, CancellationToken.None));
    }

    [Fact]
    public void Open_UnknownDepth_IsRefused() =>
        Assert.Contains("The depths are 20, 32, 44, 56.", Assert.Throws<ArgumentOutOfRangeException>(() => CifarResnet.Open(18, "x", "cpu", CancellationToken.None)).Message);

    private static string WeightsOf(int depth) => Assert.Single(TestData.Files("cifar10-resnet", $"resnet{depth}-*.th"));
}
