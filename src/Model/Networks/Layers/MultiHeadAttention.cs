using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Self-attention over the pixels with several heads, added to its input.</summary>
/// <remarks>
/// openai/improved-diffusion, unet.py, AttentionBlock and QKVAttention. The channels of query, key and value lie head by head: q, k, v of the first head, then
/// those of the second; each head is scaled by its own width.
/// </remarks>
internal sealed class MultiHeadAttention : Module<Tensor, Tensor>, IHiddenProducts
{
    private readonly GroupNormalization _norm;
    private readonly SequenceConvolution _qkv;
    private readonly SequenceConvolution _out;
    private readonly int _heads;

    public MultiHeadAttention(LayerPlan plan, int channels, int heads)
        : base(nameof(MultiHeadAttention))
    {
        _norm = new GroupNormalization(plan.Init, channels, plan.Groups, GroupNormalization.ImprovedEpsilon);
        _qkv = SequenceConvolution.FanIn(plan.Init, channels, 3 * channels);
        _out = SequenceConvolution.Zero(plan.Init, channels, channels);
        _heads = heads;
        register_module("norm", _norm);
        register_module("qkv", _qkv);
        register_module("proj_out", _out);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        (long n, long channels, long pixels) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3]);
        Tensor qkv = _qkv.call(_norm.call(x).flatten(2)).view(n * _heads, 3 * channels / _heads, pixels);
        Tensor[] parts = qkv.chunk(3, 1);
        (Tensor q, Tensor k, Tensor v) = (parts[0], parts[1], parts[2]);

        // The root of the scale on either side, as in the reference: in half precision the products stay smaller.
        double scale = 1 / Math.Sqrt(Math.Sqrt((double)channels / _heads));
        Tensor weights = MixedPrecision.Product((q * scale).transpose(1, 2), k * scale).softmax(-1);
        Tensor h = _out.call(MixedPrecision.Product(v, weights.transpose(1, 2)).view(n, channels, pixels));
        return (x + h.view(x.shape)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Products(IReadOnlyList<long> shape) => IHiddenProducts.OfAttention(shape);
}
