using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Two convolutions around the addition of the embedded t, beside a shortcut.</summary>
/// <remarks>hojonathanho/diffusion, models/unet.py, resnet_block.</remarks>
internal sealed class ResidualBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNormalization _norm1;
    private readonly Convolution _conv1;
    private readonly Dense _timeProjection;
    private readonly GroupNormalization _norm2;
    private readonly Convolution _conv2;
    private readonly Convolution? _shortcut;

    public ResidualBlock(LayerPlan plan, int inChannels, int outChannels)
        : base(nameof(ResidualBlock))
    {
        _norm1 = new GroupNormalization(plan.Init, inChannels, plan.Groups, activates: true);
        _conv1 = new Convolution(plan.Init, inChannels, outChannels, 3);
        _timeProjection = new Dense(plan.Init, plan.TimeWidth, outChannels);
        _norm2 = new GroupNormalization(plan.Init, outChannels, plan.Groups, activates: true, dropout: plan.NextDropoutLayer());
        _conv2 = new Convolution(plan.Init, outChannels, outChannels, 3, scale: Initializer.Tiny);
        register_module("norm1", _norm1);
        register_module("conv1", _conv1);
        register_module("temb_proj", _timeProjection);
        register_module("norm2", _norm2);
        register_module("conv2", _conv2);
        if (inChannels != outChannels)
        {
            _shortcut = new Convolution(plan.Init, inChannels, outChannels, 1);
            register_module("nin_shortcut", _shortcut);
        }
    }

    /// <param name="x">(N, C, H, W).</param>
    /// <param name="time">The embedding of t after its activation, (N, time width).</param>
    public override Tensor forward(Tensor x, Tensor time) => Apply(x, x, time);

    /// <summary>Applies the block to an input that is named twice, so that a gradient can be taken on either way.</summary>
    /// <param name="shortcut">The input for the way beside the convolutions.</param>
    /// <param name="x">The same input for the way through them.</param>
    /// <param name="time">The embedding of t after its activation, (N, time width).</param>
    public Tensor Apply(Tensor shortcut, Tensor x, Tensor time)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor h = _conv1.call(_norm1.call(x, null));
        h = _conv2.call(_norm2.call(h, _timeProjection.call(time)));
        h.add_(_shortcut is null ? shortcut : _shortcut.call(shortcut));
        return h.MoveToOuterDisposeScope();
    }
}
