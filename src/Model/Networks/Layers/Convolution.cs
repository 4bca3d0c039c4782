using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>A 2-D convolution with bias whose weights come from <see cref="Initializer"/>; libtorch's own layer would draw from its global generator.</summary>
internal sealed class Convolution : Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly long[] _strides;
    private readonly long[] _padding;

    /// <param name="padding">Pixels on every side; null for half the kernel, which keeps the size.</param>
    public Convolution(Initializer init, int inChannels, int outChannels, int kernel, double scale = 1, int stride = 1, int? padding = null)
        : base(nameof(Convolution))
    {
        _weight = init.Weight(scale, outChannels, inChannels, kernel, kernel);
        _bias = init.Constant(0, outChannels);
        _strides = [stride, stride];
        _padding = [padding ?? kernel / 2, padding ?? kernel / 2];
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => functional.conv2d(x, _weight, _bias, _strides, _padding);
}
