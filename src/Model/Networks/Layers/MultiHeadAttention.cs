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
        Tensor qkv = _qkv.call(_norm.call(x, null).flatten(2)).reshape(n * _heads, 3 * channels / _heads, pixels);
        Tensor[] parts = qkv.chunk(3, 1);

        // The root of the scale on either side, as in the reference: in half precision the products stay smaller.
        double root = 1 / Math.Sqrt(Math.Sqrt((double)channels / _heads));
        Tensor h = _out.call(Attend((parts[0] * root).transpose(1, 2), parts[1] * root, parts[2]).reshape(n, channels, pixels));
        return (x + h.view(x.shape)).MoveToOuterDisposeScope();
    }

    // (heads, pixels, channels) for the queries, (heads, channels, pixels) for keys, values and result.
    private static Tensor Attend(Tensor q, Tensor k, Tensor v)
    {
        if (AttentionProducts.Fits(q))
            return AttentionProducts.Of(q, k.transpose(1, 2), v.transpose(1, 2), scale: 1).transpose(1, 2);
        Tensor weights = MixedPrecision.Product(q, k).softmax(-1);
        return MixedPrecision.Product(v, weights.transpose(1, 2));
    }

    /// <inheritdoc/>
    public long Products(IReadOnlyList<long> shape) => IHiddenProducts.OfAttention(shape);
}
