using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>A dense layer with bias: (N, in) to (N, out).</summary>
internal sealed class Dense : Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;

    public Dense(Initializer init, int inWidth, int outWidth)
        : base(nameof(Dense))
    {
        _weight = init.Weight(1, outWidth, inWidth);
        _bias = init.Constant(0, outWidth);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => functional.linear(x, _weight, _bias);
}
