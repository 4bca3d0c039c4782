using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Self-attention over the pixels with one head, added to its input.</summary>
/// <remarks>hojonathanho/diffusion, models/unet.py, attn_block.</remarks>
internal sealed class AttentionBlock : Module<Tensor, Tensor>, IHiddenProducts
{
    private readonly GroupNormalization _norm;
    private readonly Convolution _q;
    private readonly Convolution _k;
    private readonly Convolution _v;
    private readonly Convolution _out;

    public AttentionBlock(LayerPlan plan, int channels)
        : base(nameof(AttentionBlock))
    {
        _norm = new GroupNormalization(plan.Init, channels, plan.Groups);
        _q = new Convolution(plan.Init, channels, channels, 1);
        _k = new Convolution(plan.Init, channels, channels, 1);
        _v = new Convolution(plan.Init, channels, channels, 1);
        _out = new Convolution(plan.Init, channels, channels, 1, scale: Initializer.Tiny);
        register_module("norm", _norm);
        register_module("q", _q);
        register_module("k", _k);
        register_module("v", _v);
        register_module("proj_out", _out);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        long channels = x.shape[1];
        Tensor h = _norm.call(x);
        Tensor q = _q.call(h).flatten(2);
        Tensor k = _k.call(h).flatten(2);
        Tensor v = _v.call(h).flatten(2);
        Tensor weights = MixedPrecision.Product(q.transpose(1, 2), k).mul_(1 / Math.Sqrt(channels)).softmax(-1);
        h = _out.call(MixedPrecision.Product(v, weights.transpose(1, 2)).view(x.shape));
        h.add_(x);
        return h.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Products(IReadOnlyList<long> shape) => IHiddenProducts.OfAttention(shape);
}
