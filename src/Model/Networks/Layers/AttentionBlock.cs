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
        (long n, long channels, long height, long width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        Tensor h = _norm.call(x, null);

        // Pixels by channels, which is how the channels-last layout lies in memory.
        (Tensor q, Tensor k, Tensor v) = (Rows(_q.call(h)), Rows(_k.call(h)), Rows(_v.call(h)));
        Tensor y = Attend(q, k, v, 1 / Math.Sqrt(channels));
        h = _out.call(y.view(n, height, width, channels).permute(0, 3, 1, 2));
        h.add_(x);
        return h.MoveToOuterDisposeScope();
    }

    private static Tensor Attend(Tensor q, Tensor k, Tensor v, double scale)
    {
        if (AttentionProducts.Fits(q))
            return AttentionProducts.Of(q, k, v, scale);

        // The scale goes to the queries, of which there are fewer than products.
        Tensor weights = MixedPrecision.Product(q.mul(scale), k.transpose(1, 2)).softmax(-1);
        return MixedPrecision.Product(weights, v);
    }

    private static Tensor Rows(Tensor x) => LastChannels.Pixels(x).view(x.shape[0], x.shape[2] * x.shape[3], x.shape[1]);

    /// <inheritdoc/>
    public long Products(IReadOnlyList<long> shape) => IHiddenProducts.OfAttention(shape);
}
