using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Group normalisation with scale and shift, with what goes before it in a block, the addition of the embedded t, and what follows: SiLU, and dropout in training.</summary>
internal sealed class GroupNormalization : Module<Tensor, Tensor?, Tensor>
{
    /// <summary>The default of tf.contrib.layers.group_norm, which the official network uses.</summary>
    public const double OfficialEpsilon = 1e-6;

    /// <summary>PyTorch's default, which improved-diffusion uses.</summary>
    public const double ImprovedEpsilon = 1e-5;

    private readonly int _groups;
    private readonly double _epsilon;
    private readonly bool _activates;
    private readonly DropoutLayer? _dropout;
    // Under these names Module.to puts the new parameters that a network gets on another device; else it would leave the old ones in use.
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    public GroupNormalization(Initializer init, int channels, int groups, double epsilon = OfficialEpsilon, bool activates = false, DropoutLayer? dropout = null)
        : base(nameof(GroupNormalization))
    {
        _groups = Math.Min(groups, channels);
        _epsilon = epsilon;
        _activates = activates;
        _dropout = dropout;
        _weight = init.Constant(1, channels);
        _bias = init.Constant(0, channels);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <param name="x">(N, C, H, W).</param>
    /// <param name="added">Added to every pixel first, (N, C); null for nothing.</param>
    public override Tensor forward(Tensor x, Tensor? added)
    {
        bool drops = training && _dropout is { Rate: > 0 };
        if (NormalizedActivation.Fits(x))
            return NormalizedActivation.Of(x, added, _weight, _bias, _groups, _epsilon, _activates, drops ? _dropout!.Mask : default);

        using DisposeScope scope = NewDisposeScope();
        if (added is not null)
            x = x + added.unsqueeze(-1).unsqueeze(-1);
        Tensor h = functional.group_norm(x, _groups, _weight, _bias, _epsilon);
        if (_activates)
            h = functional.silu(h);
        if (drops)
            h = _dropout!.Apply(h);
        return h.MoveToOuterDisposeScope();
    }
}
