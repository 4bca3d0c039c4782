using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>A dense layer with bias: (N, in) to (N, out).</summary>
internal sealed class Dense : Module<Tensor, Tensor>
{
    // Under these names Module.to puts the new parameters that a network gets on another device; else it would leave the old ones in use.
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    /// <summary>Begins as in the official network: <see cref="Initializer.Weight"/>, and no bias.</summary>
    public Dense(Initializer init, int inWidth, int outWidth)
        : this(init.Weight(1, outWidth, inWidth), init.Constant(0, outWidth))
    {
    }

    private Dense(Parameter weight, Parameter bias)
        : base(nameof(Dense))
    {
        (_weight, _bias) = (weight, bias);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <summary>Begins as PyTorch's layer: <see cref="Initializer.FanIn"/>.</summary>
    public static Dense FanIn(Initializer init, int inWidth, int outWidth) => new(init.FanIn(inWidth, outWidth, inWidth), init.FanIn(inWidth, outWidth));

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => MixedPrecision.Product(x, _weight, _bias, functional.linear);
}
