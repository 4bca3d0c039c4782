using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>A 1-D convolution of width 1 with bias: (N, in, L) to (N, out, L). improved-diffusion keeps the weights of its attention in this shape.</summary>
internal sealed class SequenceConvolution : Module<Tensor, Tensor>
{
    // Under these names Module.to puts the new parameters that a network gets on another device; else it would leave the old ones in use.
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    private SequenceConvolution(Parameter weight, Parameter bias)
        : base(nameof(SequenceConvolution))
    {
        (_weight, _bias) = (weight, bias);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <summary>Begins as PyTorch's layer: <see cref="Initializer.FanIn"/>.</summary>
    public static SequenceConvolution FanIn(Initializer init, int inChannels, int outChannels) =>
        new(init.FanIn(inChannels, outChannels, inChannels, 1), init.FanIn(inChannels, outChannels));

    /// <summary>Begins as zero.</summary>
    public static SequenceConvolution Zero(Initializer init, int inChannels, int outChannels) =>
        new(init.Constant(0, outChannels, inChannels, 1), init.Constant(0, outChannels));

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => MixedPrecision.Product(x, _weight, _bias, x.device_type == DeviceType.CPU ? OfPixels : (x, weight, bias) => functional.conv1d(x, weight, bias));

    private static Tensor OfPixels(Tensor x, Tensor weight, Tensor bias)
    {
        using DisposeScope scope = NewDisposeScope();
        return PixelConvolution.Convolve(x.unsqueeze(-1), weight.unsqueeze(-1), bias).squeeze(-1).MoveToOuterDisposeScope();
    }
}
