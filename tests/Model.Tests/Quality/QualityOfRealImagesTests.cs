using System.IO.Compression;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Tests.Exchange;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

/// <summary>Whether the metrics put true images and a model's samples before worse ones, and those before noise, on published images and with networks that know them.</summary>
public sealed class QualityOfRealImagesTests : IDisposable
{
    private const int Reference = 2500;
    private const int Few = 256; // samples of CIFAR-10 that there are

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly string _cache = Directory.CreateTempSubdirectory("ddpm-classifier-").FullName;

    public QualityOfRealImagesTests() => set_num_threads(1);

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_cache, recursive: true);
    }

    [Theory]
    [InlineData("cifar10_resnet20")]
    [InlineData("classifier")]
    public void Metrics_Cifar10AndSamplesOfItAndNoise_AreInThisOrder(string name)
    {
        string root = Root("cifar10", "data_batch_1.bin*");
        string grid = TestData.Files("sample-grids", "ddpm_cifar10_256_samples_chw_u8.bin.gz")[0];
        ImageSet images = new Cifar10().Load(Split.Train, root);
        using FeatureNetwork network = name == "classifier" ? Classifier(images, 20_000)
            : CifarResnet.Open(20, Assert.Single(TestData.Files("cifar10-resnet", "resnet20-*.th")), "cpu", CancellationToken.None);
        Tensor generated = Packed(grid, [Few, 3, 32, 32]);
        using FeatureOutputs reference = network.Of(Levels(images, 0, Reference), CancellationToken.None);
        Quality half = Measure(network, "another part of the data", reference, Levels(images, 25_000, Reference));
        Quality[] few = [.. Enumerable.Range(0, 4).Select(i => Measure(network, $"{Few} of the data", reference, Levels(images, 40_000 + i * Few, Few)))];
        Quality samples = Measure(network, "samples", reference, generated);
        Quality blurred = Measure(network, "samples, blurred", reference, nn.functional.avg_pool2d(generated, 3, 1, 1, count_include_pad: false));
        Quality noise = Measure(network, "noise", reference, Noise(Few, 3, 32, 32));

        // So few images of the data are farther from it than many. Against as many of the data, these samples (of a FID of 3.2) are not told from it by 64 features.
        Assert.True(half.Frechet < few.Min(part => part.Frechet));
        AssertGrows(half.Frechet, samples.Frechet, noise.Frechet);
        Assert.InRange((samples.Frechet - few.Average(part => part.Frechet)) / noise.Frechet, -0.02, 0.02);
        AssertGrows(Math.Abs(half.Kernel), noise.Kernel);
        AssertGrows(Math.Abs(samples.Kernel), noise.Kernel);
        AssertGrows(noise.Recall, samples.Recall);
        AssertGrows(noise.Score, samples.Score);

        // What a classifier of some seconds does not see; all noise is one spot to it, which may lie among the data.
        if (network is CifarResnet)
        {
            AssertGrows(samples.Frechet, blurred.Frechet, noise.Frechet);
            AssertGrows(Math.Abs(samples.Kernel), blurred.Kernel, noise.Kernel);
            AssertGrows(noise.Precision, blurred.Precision, samples.Precision);
            AssertGrows(noise.Recall, blurred.Recall, samples.Recall);
            AssertGrows(noise.Score, blurred.Score, samples.Score, few.Average(part => part.Score));
        }
    }

    [Fact]
    public void Metrics_MnistAndBlurredAndNoise_AreInThisOrder()
    {
        string root = Root("mnist", "train-images-idx3-ubyte*");
        ImageSet images = new Mnist().Load(Split.Train, root);
        using FeatureNetwork network = Classifier(images, 20_000);
        using FeatureOutputs reference = network.Of(Levels(images, 0, Reference), CancellationToken.None);
        Tensor other = Levels(images, 30_000, Reference);
        Quality[] all =
        [
            Measure(network, "another part of the data", reference, other),
            Measure(network, "shifted by two pixels", reference, other.roll(2, 3)),
            Measure(network, "blurred", reference, nn.functional.avg_pool2d(other, 3, 1, 1)),
            Measure(network, "noise", reference, Noise(Reference, 1, 28, 28)),
        ];
        AssertGrows([.. all.Select(quality => quality.Frechet)]);
        AssertGrows([.. all.Select(quality => quality.Kernel)]);
        AssertGrows([.. all.Select(quality => -quality.Precision)]);
        AssertGrows([.. all.Select(quality => -quality.Recall)]);
        AssertGrows([.. all.Select(quality => -quality.Score)]);
    }

    private ClassifierNetwork Classifier(ImageSet images, int count)
    {
        // A part of the images and of the steps, so that it takes seconds.
        int size = images.Shape.C * images.Shape.H * images.Shape.W;
        byte[] pixels = new byte[count * size];
        for (int i = 0; i < count; i++)
            images.Pixels(i).CopyTo(pixels.AsSpan(i * size));
        ImageSet part = new(pixels, count, images.Shape, images.Levels, [.. images.Labels.Take(count)], images.ContentHash);
        return ClassifierNetwork.Open(ClassifierRecipe.Current with { Version = 99, Steps = 200 }, part, 10, _cache, "cpu", null, Assert.Fail, CancellationToken.None);
    }

    private static string Root(string folder, string pattern) => Path.GetDirectoryName(Path.GetDirectoryName(TestData.Files(folder, pattern)[0]))!;

    private static void AssertGrows(params ReadOnlySpan<double> values)
    {
        for (int i = 1; i < values.Length; i++)
            Assert.True(values[i - 1] < values[i], $"{values[i - 1]} is not below {values[i]}.");
    }

    private static Quality Measure(FeatureNetwork network, string what, FeatureOutputs reference, Tensor images)
    {
        using FeatureOutputs generated = network.Of(images, CancellationToken.None);
        InceptionScore score = new(generated.Logits.shape[0], 10, 1);
        score.AddLogits(0, generated.Logits);
        PrecisionRecall neighbours = PrecisionRecall.Of(generated.Features, reference.Features);
        double frechet = FrechetDistance.Between(Features.Gaussian(generated.Features), Features.Gaussian(reference.Features)).Value;
        Quality quality = new(frechet, KernelDistance.Squared(generated.Features, reference.Features), neighbours.Precision, neighbours.Recall, score.Value().Mean);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {quality}");
        return quality;
    }

    private static Tensor Levels(ImageSet images, int first, int count) => (images.Batch([.. Enumerable.Range(first, count)]) + 1) * 127.5f;

    private static Tensor Noise(int count, int channels, int height, int width)
    {
        uint[] words = new uint[count * channels * height * width];
        new RandomStream(7, RandomPurpose.Noise, 0).FillUInt32(words);
        return tensor(words.Select(word => (float)(word >> 24)).ToArray(), [count, channels, height, width]);
    }

    private static Tensor Packed(string file, long[] shape)
    {
        using GZipStream unpacked = new(File.OpenRead(file), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        unpacked.CopyTo(bytes);
        return tensor(bytes.ToArray().Select(level => (float)level).ToArray(), shape);
    }

    private sealed record Quality(double Frechet, double Kernel, double Precision, double Recall, double Score);
}
