using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>A residual network that knows the classes of CIFAR-10: 20, 32, 44 or 56 layers.</summary>
/// <remarks>
/// He et al. 2016 (arXiv:1512.03385), section 4.2, with shortcuts of kind A: where the width doubles, every other pixel and zeros in the new channels. As trained in
/// akamaster/pytorch_resnet_cifar10; images are normalised by the mean and deviation of ImageNet, as there. Batch normalisation is folded into the convolutions.
/// </remarks>
public sealed class CifarResnet : FeatureNetwork
{
    private const double Epsilon = 1e-5;
    private const string Prefix = "state_dict.module.";
    private const string NamePrefix = "cifar10_resnet";

    private static readonly int[] Depths = [20, 32, 44, 56];
    private static readonly int[] Widths = [16, 32, 64];
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];

    private readonly List<IDisposable> _owned = [];
    private readonly FoldedConvolution _first;
    private readonly List<Block> _blocks = [];
    private readonly Tensor _lastWeight;
    private readonly Tensor _lastBias;
    private readonly Tensor _scale;
    private readonly Tensor _shift;

    private CifarResnet(StateDict weights, PublishedWeights published, int depth, string device)
        : base(device)
    {
        (Name, Hash) = (published.Network, published.Sha256);
        try
        {
            using DisposeScope scope = NewDisposeScope();
            _first = Load("conv1", "bn1");
            for (int stage = 0; stage < Widths.Length; stage++)
            {
                for (int i = 0; i < BlocksOf(depth); i++)
                {
                    string block = $"layer{stage + 1}.{i}";
                    _blocks.Add(new Block(Load($"{block}.conv1", $"{block}.bn1"), Load($"{block}.conv2", $"{block}.bn2"), Widens: stage > 0 && i == 0));
                }
            }

            _lastWeight = Own(torch.tensor(Read("linear.weight"), [Classes, Dimensions]));
            _lastBias = Own(torch.tensor(Read("linear.bias")));
            _scale = Own(torch.tensor(Deviation.Select(deviation => 1 / (255 * deviation)).ToArray()).view(1, -1, 1, 1));
            _shift = Own(torch.tensor(Mean.Zip(Deviation, (mean, deviation) => -mean / deviation).ToArray()).view(1, -1, 1, 1));
        }
        catch
        {
            Dispose(disposing: true);
            throw;
        }

        float[] Read(string name) => weights.ReadFloats(weights.Tensors[Prefix + name]);

        FoldedConvolution Load(string convolution, string normalization)
        {
            FoldedConvolution loaded = FoldedConvolution.Load(weights, Prefix + convolution, Prefix + normalization, Epsilon, Device);
            _owned.Add(loaded);
            return loaded;
        }

        Tensor Own(Tensor tensor)
        {
            Tensor owned = tensor.to(Device).DetachFromDisposeScope();
            _owned.Add(owned);
            return owned;
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public override (int C, int H, int W) InputShape => (3, 32, 32);

    /// <inheritdoc/>
    public override int Dimensions => Widths[^1];

    /// <inheritdoc/>
    public override int Classes => 10;

    /// <inheritdoc/>
    public override string Scaling => "(x / 255 - mean) / deviation of ImageNet";

    /// <inheritdoc/>
    public override int LargestPass => 128;

    /// <summary>The name of a network of this kind, as in <c>cifar10_resnet20</c>.</summary>
    public static string NameOf(int depth) => $"{NamePrefix}{depth}";

    /// <summary>Opens published weights.</summary>
    /// <param name="depth">Layers: 20, 32, 44 or 56.</param>
    /// <param name="file">The file as published (torch.save).</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No network of that depth is published.</exception>
    /// <exception cref="InvalidDataException">The file is not the published one, or was cut or altered; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static CifarResnet Open(int depth, string file, string device, CancellationToken stop)
    {
        if (!Depths.Contains(depth))
            throw new ArgumentOutOfRangeException(nameof(depth), depth, $"The depths are {string.Join(", ", Depths)}.");
        PublishedWeights published = PublishedWeights.Find(NameOf(depth))!;
        WeightsFolder.Verify(published, file, stop);
        using StateDict weights = StateDict.Open(file);
        LayoutOf(depth).Require(weights);
        return new CifarResnet(weights, published, depth, device);
    }

    /// <inheritdoc/>
    private protected override FeatureOutputs Pass(Tensor images)
    {
        Tensor x = _first.Of(LastChannels.Of(images * _scale + _shift)).relu_();
        foreach (Block block in _blocks)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor h = block.Second.Of(block.First.Of(x, block.Widens ? 2 : 1).relu_());
            Tensor sum = h.add_(block.Widens ? Shortcut(x) : x).relu_();
            x.Dispose();
            x = sum.MoveToOuterDisposeScope();
        }

        Tensor features = x.mean([2, 3]);
        Tensor logits = functional.linear(features, _lastWeight, _lastBias);
        return new FeatureOutputs(features, logits, logits.alias());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (IDisposable owned in _owned)
            owned.Dispose();
    }

    /// <summary>The tensors of a network.</summary>
    internal static WeightLayout LayoutOf(int depth)
    {
        List<ForeignTensor> tensors = [];
        AddConvolution("conv1", "bn1", 3, Widths[0]);
        int width = Widths[0];
        for (int stage = 0; stage < Widths.Length; stage++)
        {
            for (int i = 0; i < BlocksOf(depth); i++)
            {
                AddConvolution($"layer{stage + 1}.{i}.conv1", $"layer{stage + 1}.{i}.bn1", width, Widths[stage]);
                AddConvolution($"layer{stage + 1}.{i}.conv2", $"layer{stage + 1}.{i}.bn2", Widths[stage], Widths[stage]);
                width = Widths[stage];
            }
        }

        Add("linear.weight", 10, width);
        Add("linear.bias", 10);
        return new WeightLayout(NameOf(depth), tensors);

        void AddConvolution(string convolution, string normalization, int inputs, int outputs)
        {
            Add($"{convolution}.weight", outputs, inputs, 3, 3);
            foreach (string name in new[] { "weight", "bias", "running_mean", "running_var" })
                Add($"{normalization}.{name}", outputs);
        }

        void Add(string name, params long[] shape) => tensors.Add(new ForeignTensor(Prefix + name, SafetensorType.F32, shape));
    }

    // Two convolutions a block, three stages of equal length, and the first and the last layer.
    private static int BlocksOf(int depth) => (depth - 2) / 6;

    private static Tensor Shortcut(Tensor x)
    {
        long more = x.shape[1] / 2;
        Tensor half = x[TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(step: 2), TensorIndex.Slice(step: 2)];
        return functional.pad(half, [0, 0, 0, 0, more, more]);
    }

    private sealed record Block(FoldedConvolution First, FoldedConvolution Second, bool Widens);
}
