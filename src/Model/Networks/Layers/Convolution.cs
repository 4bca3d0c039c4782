using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>A 2-D convolution with bias whose weights come from <see cref="Initializer"/>; libtorch's own layer would draw from its global generator.</summary>
internal sealed class Convolution : Module<Tensor, Tensor>
{
    // Under these names Module.to puts the new parameters that a network gets on another device; else it would leave the old ones in use.
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;
    private readonly long[] _strides;
    private readonly long[] _padding;
    private readonly bool _isOfPixels;

    /// <summary>Begins as in the official network: <see cref="Initializer.Weight"/>, and no bias.</summary>
    /// <param name="padding">Pixels on every side; null for half the kernel, which keeps the size.</param>
    public Convolution(Initializer init, int inChannels, int outChannels, int kernel, double scale = 1, int stride = 1, int? padding = null)
        : this(init.Weight(scale, outChannels, inChannels, kernel, kernel), init.Constant(0, outChannels), stride, padding ?? kernel / 2)
    {
    }

    private Convolution(Parameter weight, Parameter bias, int stride, int padding)
        : base(nameof(Convolution))
    {
        (_weight, _bias) = (weight, bias);
        _strides = [stride, stride];
        _padding = [padding, padding];
        _isOfPixels = weight.shape is [_, _, 1, 1] && stride == 1 && padding == 0;
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <summary>Begins as PyTorch's layer: <see cref="Initializer.FanIn"/>.</summary>
    public static Convolution FanIn(Initializer init, int inChannels, int outChannels, int kernel, int stride = 1)
    {
        long fanIn = (long)inChannels * kernel * kernel;
        return new Convolution(init.FanIn(fanIn, outChannels, inChannels, kernel, kernel), init.FanIn(fanIn, outChannels), stride, kernel / 2);
    }

    /// <summary>Begins as zero.</summary>
    public static Convolution Zero(Initializer init, int inChannels, int outChannels, int kernel) =>
        new(init.Constant(0, outChannels, inChannels, kernel, kernel), init.Constant(0, outChannels), 1, kernel / 2);

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => MixedPrecision.Product(x, _weight, _bias, Convolve);

    private Tensor Convolve(Tensor x, Tensor weight, Tensor bias)
    {
        if (_isOfPixels && x.device_type == DeviceType.CPU)
            return PixelConvolution.Convolve(x, weight, bias);
        if (_strides[0] == 1 && WinogradConvolution.Fits(x, weight, _padding[0]))
            return WinogradConvolution.Convolve(x, weight, bias, _padding[0]);
        return WholeBlocks.Convolve(x, weight, bias, (x, weight, bias) => functional.conv2d(x, weight, bias, _strides, _padding));
    }
}
