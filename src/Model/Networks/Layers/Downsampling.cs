using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Halves the resolution by a convolution of stride 2.</summary>
internal sealed class Downsampling : Module<Tensor, Tensor>
{
    private readonly Convolution _conv;

    public Downsampling(Initializer init, int channels)
        : base(nameof(Downsampling))
    {
        _conv = new Convolution(init, channels, channels, 3, stride: 2, padding: 0);
        register_module("conv", _conv);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        // TensorFlow's SAME padding of a stride-2 convolution is on the right and at the bottom only.
        using Tensor padded = functional.pad(x, (0, 1, 0, 1), PaddingModes.Constant, 0);
        return _conv.call(padded);
    }
}
