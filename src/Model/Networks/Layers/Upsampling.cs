using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Doubles the resolution by repeating pixels, then convolves.</summary>
internal sealed class Upsampling : Module<Tensor, Tensor>
{
    private readonly Convolution _conv;

    public Upsampling(Initializer init, int channels)
        : base(nameof(Upsampling))
    {
        _conv = new Convolution(init, channels, channels, 3);
        register_module("conv", _conv);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        using Tensor repeated = functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return _conv.call(repeated);
    }
}
