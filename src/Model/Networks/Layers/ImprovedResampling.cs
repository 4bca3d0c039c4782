using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Halves the resolution by a convolution of stride 2 padded on all sides, or doubles it by repeating pixels and convolves.</summary>
/// <remarks>openai/improved-diffusion, unet.py, Downsample and Upsample. The official network pads right and bottom only.</remarks>
internal sealed class ImprovedResampling : Module<Tensor, Tensor>
{
    private readonly Convolution _conv;
    private readonly bool _halve;

    private ImprovedResampling(Convolution conv, bool halve)
        : base(nameof(ImprovedResampling))
    {
        (_conv, _halve) = (conv, halve);
        register_module(halve ? "op" : "conv", _conv);
    }

    public static ImprovedResampling Halve(Initializer init, int channels) => new(Convolution.FanIn(init, channels, channels, 3, stride: 2), halve: true);

    public static ImprovedResampling Double(Initializer init, int channels) => new(Convolution.FanIn(init, channels, channels, 3), halve: false);

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        if (_halve)
            return _conv.call(x);
        using Tensor repeated = functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return _conv.call(repeated);
    }
}
