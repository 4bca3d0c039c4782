using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Two convolutions beside a shortcut; the embedded t is added between them, or scales and shifts the second normalisation.</summary>
/// <remarks>openai/improved-diffusion, unet.py, ResBlock.</remarks>
internal sealed class ImprovedResidualBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNormalization _norm1;
    private readonly Convolution _conv1;
    private readonly Dense _timeProjection;
    private readonly GroupNormalization _norm2;
    private readonly Convolution _conv2;
    private readonly Convolution? _shortcut;

    public ImprovedResidualBlock(LayerPlan plan, int inChannels, int outChannels, bool scaleShift)
        : base(nameof(ImprovedResidualBlock))
    {
        _norm1 = new GroupNormalization(plan.Init, inChannels, plan.Groups, GroupNormalization.ImprovedEpsilon, activates: true);
        _conv1 = Convolution.FanIn(plan.Init, inChannels, outChannels, 3);
        _timeProjection = Dense.FanIn(plan.Init, plan.TimeWidth, scaleShift ? 2 * outChannels : outChannels);
        _norm2 = new GroupNormalization(
            plan.Init, outChannels, plan.Groups, GroupNormalization.ImprovedEpsilon, activates: true, dropout: plan.NextDropoutLayer(), modulates: scaleShift);
        _conv2 = Convolution.Zero(plan.Init, outChannels, outChannels, 3);

        // The numbers are places in the reference's sequences, whose other members (activations, dropout) have no parameters.
        register_module("in_layers", new NamedModules(("0", _norm1), ("2", _conv1)));
        register_module("emb_layers", new NamedModules(("1", _timeProjection)));
        register_module("out_layers", new NamedModules(("0", _norm2), ("3", _conv2)));
        if (inChannels != outChannels)
        {
            _shortcut = Convolution.FanIn(plan.Init, inChannels, outChannels, 1);
            register_module("skip_connection", _shortcut);
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
