using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Tests.Exchange;
using DdpmJobs.Model.Tests.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;

public sealed class InceptionNetworkTests(SyntheticInception synthetic) : IClassFixture<SyntheticInception>
{
    private const double Rounding = 2e-5; // of the largest value, after up to 94 float32 layers

    [Fact]
    public void Layout_ItsTensors_FillThePublishedFile()
    {
        long bytes = InceptionFile.Head.Length + InceptionFile.Layout.Tensors.Sum(tensor => sizeof(long) + tensor.Count * Safetensors.SizeOf(tensor.Type));
        PublishedWeights published = PublishedWeights.Find("inception")!;
        Assert.Equal(published.Length, bytes);
        Assert.StartsWith("6726825d", published.Sha256);
        Assert.Equal(566, InceptionFile.Layout.Tensors.Count);
        Assert.Equal(published.Length, new FileInfo(synthetic.File).Length);
    }

    [Fact]
    public void Layout_TheTensorsOfThePublishedFile_AreThese()
    {
        JsonObject published = JsonNode.Parse(File.ReadAllText(TestData.Files("inception-header", "*.json")[0]))!["tensors"]!.AsObject();
        long at = InceptionFile.Head.Length;
        foreach (ForeignTensor tensor in InceptionFile.Layout.Tensors)
        {
            at += sizeof(long);
            JsonNode there = published[tensor.Name]!;
            Assert.Equal(at, there["data_offset"]!.GetValue<long>());
            Assert.Equal(tensor.Shape, there["shape"]!.AsArray().Select(extent => extent!.GetValue<long>()));
            at += tensor.Count * Safetensors.SizeOf(tensor.Type);
        }

        Assert.Equal(published.Count, InceptionFile.Layout.Tensors.Count);
    }

    [Fact]
    public void HashOf_ThePublishedFormatAndACopy_IsTheHashOfTheFile()
    {
        using StateDict file = StateDict.Open(synthetic.File);
        Assert.Equal(synthetic.Sha256, InceptionFile.HashOf(file, CancellationToken.None));
        using StateDict copy = StateDict.Open(synthetic.WriteCopy("copy.safetensors"));
        Assert.Equal(synthetic.Sha256, InceptionFile.HashOf(copy, CancellationToken.None));

        // Some programs leave the counters out; one element that is another is another network.
        using StateDict fewer = StateDict.Open(synthetic.WriteCopy("fewer.safetensors", (tensor, bytes) => WeightLayout.IsCounter(tensor) ? null : Content(tensor, bytes)));
        Assert.Equal(synthetic.Sha256, InceptionFile.HashOf(fewer, CancellationToken.None));
        using StateDict other = StateDict.Open(synthetic.WriteCopy("other.safetensors", (tensor, bytes) => Content(tensor, tensor.Name == "fc.bias" ? [(byte)(bytes[0] ^ 1), .. bytes[1..]] : bytes)));
        Assert.NotEqual(synthetic.Sha256, InceptionFile.HashOf(other, CancellationToken.None));
    }

    [Theory]
    [InlineData("Mixed_5b", 192, 7)]
    [InlineData("Mixed_5c", 256, 5)]
    [InlineData("Mixed_6a", 288, 9)]
    [InlineData("Mixed_6b", 768, 8)]
    [InlineData("Mixed_7a", 768, 7)]
    [InlineData("Mixed_7b", 1280, 4)]
    [InlineData("Mixed_7c", 2048, 4)]
    public void Block_RandomWeights_IsWhatItsPathsGiveInDouble(string block, int channels, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        InceptionNetwork network = synthetic.Network;
        using StateDict weights = StateDict.Open(synthetic.File);
        Tensor x = NetworkGoldens.Noise(7, 2, channels, size, size + 1);
        Tensor input = LastChannels.Of(x);
        Tensor ours = block switch
        {
            "Mixed_6a" => network.BlockB(block, input),
            "Mixed_7a" => network.BlockD(block, input),
            "Mixed_7b" => network.BlockE(block, input, InceptionNetwork.AveragePool),
            "Mixed_7c" => network.BlockE(block, input, x => functional.max_pool2d(x, 3, 1, 1)),
            _ when block.StartsWith("Mixed_5", StringComparison.Ordinal) => network.BlockA(block, input),
            _ => network.BlockC(block, input),
        };
        AssertNear(new ReferenceInception(weights).Block(block, x.to(float64)), ours);
    }

    [Theory]
    [InlineData("Conv2d_1a_3x3", 3, 2, false)]
    [InlineData("Conv2d_2b_3x3", 32, 1, true)]
    [InlineData("Mixed_6b.branch7x7_2", 128, 1, true)]
    [InlineData("Mixed_6b.branch7x7_3", 128, 1, true)]
    [InlineData("Mixed_5b.branch5x5_2", 48, 1, true)]
    public void Convolve_RandomWeights_IsTheSumOverPlainLoops(string layer, int channels, int stride, bool same)
    {
        const int Size = 9;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        InceptionNetwork network = synthetic.Network;
        using StateDict weights = StateDict.Open(synthetic.File);
        float[] Read(string name) => weights.ReadFloats(weights.Tensors[$"{layer}.{name}"]);
        IReadOnlyList<long> shape = weights.Tensors[$"{layer}.conv.weight"].Shape;
        (int outputs, int height, int width) = ((int)shape[0], (int)shape[2], (int)shape[3]);
        (int top, int left) = same ? (height / 2, width / 2) : (0, 0);
        Tensor x = NetworkGoldens.Noise(3, 1, channels, Size, Size);
        float[] input = x.data<float>().ToArray();
        float[] kernel = Read("conv.weight");
        (float[] gamma, float[] beta, float[] mean, float[] variance) = (Read("bn.weight"), Read("bn.bias"), Read("bn.running_mean"), Read("bn.running_var"));
        (int rows, int columns) = ((Size + 2 * top - height) / stride + 1, (Size + 2 * left - width) / stride + 1);

        double[] expected = new double[outputs * rows * columns];
        for (int o = 0; o < outputs; o++)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    double sum = 0;
                    for (int c = 0; c < channels; c++)
                    {
                        for (int i = 0; i < height; i++)
                        {
                            for (int j = 0; j < width; j++)
                            {
                                (int y, int z) = (row * stride + i - top, column * stride + j - left);
                                if (y is >= 0 and < Size && z is >= 0 and < Size)
                                    sum += (double)input[(c * Size + y) * Size + z] * kernel[((o * channels + c) * height + i) * width + j];
                            }
                        }
                    }

                    double normal = (sum - mean[o]) / Math.Sqrt(variance[o] + 1e-3) * gamma[o] + beta[o];
                    expected[(o * rows + row) * columns + column] = Math.Max(normal, 0);
                }
            }
        }

        AssertNear(torch.tensor(expected, [1, outputs, rows, columns]), network.Convolve(layer, LastChannels.Of(x), stride, same));
    }

    // In these shapes oneDNN's convolution of one pixel leaves channels wrong.
    [Theory]
    [InlineData("Conv2d_3b_1x1", 64, 73, 73)]
    [InlineData("Mixed_7b.branch1x1", 1280, 4, 5)]
    public void Convolve_KernelOfOnePixel_IsRightInEveryChannel(string layer, int channels, int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        InceptionNetwork network = synthetic.Network;
        using StateDict weights = StateDict.Open(synthetic.File);
        Tensor x = NetworkGoldens.Noise(5, 2, channels, height, width);
        AssertNear(new ReferenceInception(weights).Layer(layer, x.to(float64)), network.Convolve(layer, LastChannels.Of(x)));
    }

    [Fact]
    public void Of_ManyImagesAtOnce_IsWhatEachGivesAlone()
    {
        const int Count = 3;
        using DisposeScope scope = NewDisposeScope();
        InceptionNetwork network = synthetic.Network;
        Tensor images = Images(Count);
        using FeatureOutputs together = network.Of(images, CancellationToken.None);
        for (int i = 0; i < Count; i++)
        {
            using FeatureOutputs alone = network.Of(images.narrow(0, i, 1), CancellationToken.None);
            AssertNear(alone.Features.to(float64), together.Features.narrow(0, i, 1));
        }
    }

    [Fact]
    public void AveragePool_Border_IsNotCounted()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pooled = InceptionNetwork.AveragePool(ones(1, 1, 4, 4));
        Assert.All(pooled.data<float>().ToArray(), value => Assert.Equal(1, value));
    }

    [Theory]
    [InlineData(InceptionScale.PytorchFid, 127.5, 127.5)]
    [InlineData(InceptionScale.TensorFlow, 128, 128)]
    public void Of_RandomWeights_IsWhatTheWholeNetworkGivesInDouble(InceptionScale scale, double centre, double half)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using InceptionNetwork network = InceptionNetwork.OpenUnpublished(synthetic.File, scale, "cpu");
        using StateDict weights = StateDict.Open(synthetic.File);
        Tensor images = Images(1);
        using FeatureOutputs ours = network.Of(images, CancellationToken.None);
        (Tensor features, Tensor logits) = new ReferenceInception(weights).Of((images.to(float64) - centre) / half);
        Assert.True(features.min().item<double>() < features.max().item<double>() / 2, "The features say nothing.");
        AssertNear(features, ours.Features);
        AssertNear(logits, ours.Logits);

        // The Inception score takes them without the bias.
        float[] bias = weights.ReadFloats(weights.Tensors["fc.bias"]);
        AssertNear(logits - torch.tensor(bias).to(float64), ours.ScoreLogits);
    }

    [Fact]
    public void Open_OtherWeights_AreRefusedUnderTheName()
    {
        string message = Assert.Throws<InvalidDataException>(() => InceptionNetwork.Open(synthetic.File, InceptionScale.PytorchFid, "cpu", CancellationToken.None)).Message;
        Assert.Equal($"{synthetic.File} cannot be used as the weights of inception: its SHA-256 is {synthetic.Sha256} instead of 6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2; it was altered or is another file.", message);
        string copy = synthetic.WriteCopy("another.safetensors");
        message = Assert.Throws<InvalidDataException>(() => InceptionNetwork.Open(copy, InceptionScale.PytorchFid, "cpu", CancellationToken.None)).Message;
        Assert.StartsWith($"{copy} cannot be used: its tensors are not those of inception: in the published order they have SHA-256 {synthetic.Sha256} instead of", message);

        InceptionNetwork unpublished = synthetic.Network;
        Assert.Equal(("unpublished_inception", false, synthetic.Sha256), (unpublished.Name, unpublished.MeasuresFid, unpublished.Hash));
    }

    [Fact]
    public void Open_CutFile_IsRefused()
    {
        string cut = synthetic.At("cut.pth");
        File.WriteAllBytes(cut, File.ReadAllBytes(synthetic.File)[..818_371]);
        Assert.Equal($"{cut} cannot be used as the weights of inception: it has 818371 bytes instead of 95628359; it was cut short or is another file.", Refusal(cut));
        File.WriteAllBytes(cut, []);
        Assert.Contains("it has 0 bytes instead of 95628359", Refusal(cut));
        Assert.Throws<FileNotFoundException>(() => Refuse(synthetic.At("none.pth")));
    }

    [Fact]
    public void Open_ThePublishedFileCut_IsRefused() =>
        Assert.Contains("it has 818371 bytes instead of 95628359; it was cut short", Refusal(Assert.Single(TestData.Files("inception-header", "*.pth.*"))));

    [Fact]
    public void Open_TensorsThatDoNotFit_AreNamed()
    {
        string copy = synthetic.WriteCopy("misshaped.safetensors", (tensor, bytes) => tensor.Name switch
        {
            "fc.bias" => new SafetensorContent(tensor.Name, SafetensorType.F32, [1007], stream => stream.Write(bytes.AsSpan(4))),
            "fc.weight" => null,
            "Mixed_5b.branch1x1.bn.bias" => new SafetensorContent(tensor.Name, SafetensorType.F64, [32], stream => stream.Write(bytes)),
            "Mixed_5c.branch1x1.bn.bias" => new SafetensorContent("extra", tensor.Type, tensor.Shape, stream => stream.Write(bytes)),
            _ => Content(tensor, bytes),
        });
        foreach (Action open in new Action[] { () => InceptionNetwork.OpenUnpublished(copy, InceptionScale.PytorchFid, "cpu"), () => Refuse(copy) })
        {
            string message = Assert.Throws<InvalidDataException>(open).Message;
            Assert.StartsWith($"{copy} cannot be used: it does not fit inception: ", message);
            Assert.Contains("fc.bias is F32 [1007] instead of F32 [1008]", message);
            Assert.Contains("Mixed_5b.branch1x1.bn.bias is F64 [32] instead of F32 [64]", message);
            Assert.Contains("extra has no place in it", message);
            Assert.EndsWith("is missing; and 1 more.", message);
        }
    }

    [Theory]
    [InlineData("fc.bias", "fc.bias holds values that are not finite")]
    [InlineData("Mixed_6c.branch_pool.bn.running_var", "Mixed_6c.branch_pool.conv and Mixed_6c.branch_pool.bn hold values that are not finite")]
    public void Open_ValuesThatAreNotFinite_AreRefused(string name, string words)
    {
        string copy = synthetic.WriteCopy("nan.safetensors", (tensor, bytes) => Content(tensor, tensor.Name == name ? [.. BitConverter.GetBytes(float.NaN), .. bytes[4..]] : bytes));
        Assert.Contains(words, Assert.Throws<InvalidDataException>(() => InceptionNetwork.OpenUnpublished(copy, InceptionScale.PytorchFid, "cpu")).Message);
    }

    private static SafetensorContent Content(ForeignTensor tensor, byte[] bytes) => new(tensor.Name, tensor.Type, tensor.Shape, stream => stream.Write(bytes));

    private static string Refusal(string file) => Assert.Throws<InvalidDataException>(() => Refuse(file)).Message;

    private static void Refuse(string file) => InceptionNetwork.Open(file, InceptionScale.PytorchFid, "cpu", CancellationToken.None).Dispose();

    private static Tensor Images(int count) => NetworkGoldens.Noise(11, count, 3, 299, 299).mul_(50).add_(128).clamp_(0, 255);

    private static void AssertNear(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        double largest = expected.abs().max().item<double>();
        double apart = (actual.to(float64) - expected).abs().max().item<double>();
        Assert.True(largest > 0 && apart <= Rounding * largest, $"{apart} apart, of {largest}.");
    }
}
