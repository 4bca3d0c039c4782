using DdpmJobs.Model.Networks.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>Four convolutions, the mean over the pixels, and a dense layer to the classes.</summary>
internal sealed class ClassifierModule : Module<Tensor, Tensor>
{
    /// <summary>Length of the features.</summary>
    public const int Dimensions = 64;

    private const int Width = 32;
    private const int LargestWhole = 16; // pixels; larger images are halved at once
    private const double RectifiedScale = 2; // He et al. 2015 (arXiv:1502.01852): a rectifier halves the variance

    private readonly Convolution[] _convolutions;
    private readonly Dense _last;

    /// <param name="seed">Of the first weights.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="size">Its larger extent in pixels.</param>
    /// <param name="classes">Number of classes.</param>
    public ClassifierModule(long seed, int channels, int size, int classes)
        : base(nameof(ClassifierModule))
    {
        Initializer init = new(seed);
        _convolutions =
        [
            new Convolution(init, channels, Width, 3, RectifiedScale, size > LargestWhole ? 2 : 1),
            new Convolution(init, Width, Width, 3, RectifiedScale),
            new Convolution(init, Width, Dimensions, 3, RectifiedScale, 2),
            new Convolution(init, Dimensions, Dimensions, 3, RectifiedScale),
        ];
        for (int i = 0; i < _convolutions.Length; i++)
            register_module($"conv{i + 1}", _convolutions[i]);
        _last = new Dense(init, Dimensions, classes);
        register_module("last", _last);
    }

    /// <summary>Finds the features of images.</summary>
    /// <param name="x">(N, C, H, W) float32 in [-1, 1].</param>
    /// <returns>(N, <see cref="Dimensions"/>), not negative; belongs to the dispose scope in force.</returns>
    public Tensor FeaturesOf(Tensor x)
    {
        x = LastChannels.Of(x);
        foreach (Convolution convolution in _convolutions)
            x = functional.relu(convolution.call(x));
        return x.mean([2, 3]);
    }

    /// <summary>Tells the classes by the features.</summary>
    /// <returns>Logits, (N, K); belongs to the dispose scope in force.</returns>
    public Tensor ClassesOf(Tensor features) => _last.call(features);

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => ClassesOf(FeaturesOf(x));
}
