using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>The Inception network of 2015-12-05 with 1008 classes, which FID and the Inception score are defined by.</summary>
/// <remarks>
/// Szegedy et al. 2016 (arXiv:1512.00567), as mseitzer/pytorch-fid, pytorch_fid/inception.py, has the TensorFlow graph: average pools do not count the border, and the last block
/// pools by the maximum. Batch normalisation is folded into the convolutions. The Inception score takes the logits without the bias of the last layer, as the graph does.
/// </remarks>
public sealed class InceptionNetwork : FeatureNetwork
{
    /// <summary>The name of the published weights, which no others have.</summary>
    public const string PublishedName = "inception";

    private const double Epsilon = 1e-3;
    private const string ConvolutionEnd = ".conv.weight";

    private readonly InceptionScale _scale;
    private readonly Dictionary<string, FoldedConvolution> _convolutions = new(StringComparer.Ordinal);
    private readonly Tensor _lastWeight;
    private readonly Tensor _lastBias;

    private InceptionNetwork(StateDict weights, string name, string hash, InceptionScale scale, string device)
        : base(device)
    {
        (Name, Hash, _scale) = (name, hash, scale);
        try
        {
            foreach (string tensor in InceptionFile.Layout.Tensors.Select(tensor => tensor.Name).Where(tensor => tensor.EndsWith(ConvolutionEnd, StringComparison.Ordinal)))
            {
                string layer = tensor[..^ConvolutionEnd.Length];
                _convolutions.Add(layer, FoldedConvolution.Load(weights, $"{layer}.conv", $"{layer}.bn", Epsilon, Device));
            }

            using DisposeScope scope = NewDisposeScope();
            _lastWeight = Last("fc.weight").DetachFromDisposeScope();
            _lastBias = Last("fc.bias").DetachFromDisposeScope();
        }
        catch
        {
            Dispose(disposing: true);
            throw;
        }

        Tensor Last(string name)
        {
            ForeignTensor tensor = weights.Tensors[name];
            float[] values = weights.ReadFloats(tensor);
            return values.All(float.IsFinite) ? torch.tensor(values, [.. tensor.Shape]).to(Device) : throw weights.Damaged($"{name} holds values that are not finite");
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public override (int C, int H, int W) InputShape => (3, 299, 299);

    /// <inheritdoc/>
    public override int Dimensions => 2048;

    /// <inheritdoc/>
    public override int Classes => 1008;

    /// <inheritdoc/>
    public override string Scaling => _scale == InceptionScale.PytorchFid ? "x / 127.5 - 1" : "(x - 128) / 128";

    /// <inheritdoc/>
    public override bool MeasuresFid => Name == PublishedName;

    /// <inheritdoc/>
    public override int LargestPass => 16;

    /// <summary>Opens the published weights.</summary>
    /// <param name="file">The file as published (torch.save), or a copy of its tensors as safetensors.</param>
    /// <param name="scale">How levels are brought to its range.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidDataException">The file is not the published one, or was cut or altered; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static InceptionNetwork Open(string file, InceptionScale scale, string device, CancellationToken stop)
    {
        PublishedWeights published = PublishedWeights.Find(PublishedName)!;
        WeightsFolder.Verify(published, file, stop);
        using StateDict weights = StateDict.Open(file);
        InceptionFile.Layout.Require(weights);
        return new InceptionNetwork(weights, PublishedName, published.Sha256, scale, device);
    }

    /// <summary>Opens any weights of this layout. What is measured by them is no FID.</summary>
    internal static InceptionNetwork OpenUnpublished(string file, InceptionScale scale, string device)
    {
        using StateDict weights = StateDict.Open(file);
        InceptionFile.Layout.Require(weights);
        return new InceptionNetwork(weights, "unpublished_inception", InceptionFile.HashOf(weights, CancellationToken.None), scale, device);
    }

    /// <inheritdoc/>
    private protected override FeatureOutputs Pass(Tensor images)
    {
        Tensor x = LastChannels.Of(_scale == InceptionScale.PytorchFid ? images / 127.5 - 1 : (images - 128) / 128);

        // From 299 to 35 pixels.
        x = Step(x, x => Convolve("Conv2d_2b_3x3", Convolve("Conv2d_2a_3x3", Convolve("Conv2d_1a_3x3", x, 2, same: false), same: false)));
        x = Step(x, x => Convolve("Conv2d_4a_3x3", Convolve("Conv2d_3b_1x1", Halve(x)), same: false));
        x = Step(x, Halve);

        x = Step(x, x => BlockA("Mixed_5b", x));
        x = Step(x, x => BlockA("Mixed_5c", x));
        x = Step(x, x => BlockA("Mixed_5d", x));
        x = Step(x, x => BlockB("Mixed_6a", x)); // 17 pixels
        x = Step(x, x => BlockC("Mixed_6b", x));
        x = Step(x, x => BlockC("Mixed_6c", x));
        x = Step(x, x => BlockC("Mixed_6d", x));
        x = Step(x, x => BlockC("Mixed_6e", x));
        x = Step(x, x => BlockD("Mixed_7a", x)); // 8 pixels
        x = Step(x, x => BlockE("Mixed_7b", x, AveragePool));
        x = Step(x, x => BlockE("Mixed_7c", x, x => functional.max_pool2d(x, 3, 1, 1)));

        Tensor features = x.mean([2, 3]);
        Tensor scoreLogits = features.matmul(_lastWeight.t());
        return new FeatureOutputs(features, scoreLogits + _lastBias, scoreLogits);
    }

    /// <summary>A convolution with its normalisation and the rectifier after it.</summary>
    internal Tensor Convolve(string layer, Tensor x, int stride = 1, bool same = true) => _convolutions[layer].Of(x, stride, same).relu_();

    /// <summary>At 35 pixels.</summary>
    internal Tensor BlockA(string block, Tensor x) => cat(
    [
        Convolve($"{block}.branch1x1", x),
        Chain(block, x, "branch5x5_1", "branch5x5_2"),
        Chain(block, x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
        Convolve($"{block}.branch_pool", AveragePool(x)),
    ], 1);

    /// <summary>From 35 to 17 pixels.</summary>
    internal Tensor BlockB(string block, Tensor x) => cat(
    [
        Convolve($"{block}.branch3x3", x, 2, same: false),
        Convolve($"{block}.branch3x3dbl_3", Chain(block, x, "branch3x3dbl_1", "branch3x3dbl_2"), 2, same: false),
        Halve(x),
    ], 1);

    /// <summary>At 17 pixels.</summary>
    internal Tensor BlockC(string block, Tensor x) => cat(
    [
        Convolve($"{block}.branch1x1", x),
        Chain(block, x, "branch7x7_1", "branch7x7_2", "branch7x7_3"),
        Chain(block, x, "branch7x7dbl_1", "branch7x7dbl_2", "branch7x7dbl_3", "branch7x7dbl_4", "branch7x7dbl_5"),
        Convolve($"{block}.branch_pool", AveragePool(x)),
    ], 1);

    /// <summary>From 17 to 8 pixels.</summary>
    internal Tensor BlockD(string block, Tensor x) => cat(
    [
        Convolve($"{block}.branch3x3_2", Convolve($"{block}.branch3x3_1", x), 2, same: false),
        Convolve($"{block}.branch7x7x3_4", Chain(block, x, "branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3"), 2, same: false),
        Halve(x),
    ], 1);

    /// <summary>At 8 pixels.</summary>
    internal Tensor BlockE(string block, Tensor x, Func<Tensor, Tensor> pool)
    {
        Tensor flat = Convolve($"{block}.branch3x3_1", x);
        Tensor twice = Chain(block, x, "branch3x3dbl_1", "branch3x3dbl_2");
        return cat(
        [
            Convolve($"{block}.branch1x1", x),
            Convolve($"{block}.branch3x3_2a", flat),
            Convolve($"{block}.branch3x3_2b", flat),
            Convolve($"{block}.branch3x3dbl_3a", twice),
            Convolve($"{block}.branch3x3dbl_3b", twice),
            Convolve($"{block}.branch_pool", pool(x)),
        ], 1);
    }

    /// <summary>The mean over 3 x 3 pixels, of which those beyond the border are left out.</summary>
    internal static Tensor AveragePool(Tensor x) => functional.avg_pool2d(x, 3, 1, 1, count_include_pad: false);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (FoldedConvolution convolution in _convolutions.Values)
            convolution.Dispose();
        _lastWeight?.Dispose();
        _lastBias?.Dispose();
    }

    private static Tensor Halve(Tensor x) => functional.max_pool2d(x, 3, 2);

    private Tensor Chain(string block, Tensor x, params ReadOnlySpan<string> layers)
    {
        foreach (string layer in layers)
            x = Convolve($"{block}.{layer}", x);
        return x;
    }

    // What a block made on its way, and what it was given, is gone before the next begins.
    private static Tensor Step(Tensor x, Func<Tensor, Tensor> block)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor result = block(x);
        x.Dispose();
        return result.MoveToOuterDisposeScope();
    }
}
