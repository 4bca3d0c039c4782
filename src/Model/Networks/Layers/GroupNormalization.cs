using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Group normalisation with scale and shift, with what the embedded t does to it in a block, and with what follows: SiLU, and dropout in training.</summary>
internal sealed class GroupNormalization : Module<Tensor, Tensor?, Tensor>
{
    /// <summary>The default of tf.contrib.layers.group_norm, which the official network uses.</summary>
    public const double OfficialEpsilon = 1e-6;

    /// <summary>PyTorch's default, which improved-diffusion uses.</summary>
    public const double ImprovedEpsilon = 1e-5;

    private readonly int _groups;
    private readonly double _epsilon;
    private readonly bool _activates;
    private readonly bool _modulates;
    private readonly DropoutLayer? _dropout;
    // Under these names Module.to puts the new parameters that a network gets on another device; else it would leave the old ones in use.
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    /// <param name="init">Makes its parameters.</param>
    /// <param name="channels">C.</param>
    /// <param name="groups">Groups of channels; no more than channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="activates">Whether SiLU follows.</param>
    /// <param name="dropout">Dropout after that, in training; null for none.</param>
    /// <param name="modulates">Whether what is given with the input scales and shifts the normalised input, rather than being added to the input.</param>
    public GroupNormalization(
        Initializer init, int channels, int groups, double epsilon = OfficialEpsilon, bool activates = false, DropoutLayer? dropout = null, bool modulates = false)
        : base(nameof(GroupNormalization))
    {
        _groups = Math.Min(groups, channels);
        _epsilon = epsilon;
        _activates = activates;
        _modulates = modulates;
        _dropout = dropout;
        _weight = init.Constant(1, channels);
        _bias = init.Constant(0, channels);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <param name="x">(N, C, H, W).</param>
    /// <param name="given">Added to every pixel first, (N, C); or, where the layer modulates, a scale less 1 and a shift after its own, (N, 2 C); null for nothing.</param>
    public override Tensor forward(Tensor x, Tensor? given)
    {
        using DisposeScope scope = NewDisposeScope();
        bool drops = training && _dropout is { Rate: > 0 };
        (Tensor? added, Tensor? scale, Tensor? shift) = (_modulates ? null : given, null, null);
        if (_modulates && given is not null)
        {
            Tensor[] halves = given.chunk(2, 1);
            (scale, shift) = (1 + halves[0], halves[1]);
        }

        if (NormalizedActivation.Fits(x))
        {
            Tensor gamma = scale is null ? _weight : _weight * scale;
            Tensor beta = scale is null ? _bias : _bias * scale + shift!;
            return NormalizedActivation.Of(x, added, gamma, beta, _groups, _epsilon, _activates, drops ? _dropout!.Mask : default).MoveToOuterDisposeScope();
        }

        Tensor h = functional.group_norm(added is null ? x : x + Pixels(added), _groups, _weight, _bias, _epsilon);
        if (scale is not null)
            h = h * Pixels(scale) + Pixels(shift!);
        if (_activates)
            h = functional.silu(h);
        if (drops)
            h = _dropout!.Apply(h);
        return h.MoveToOuterDisposeScope();
    }

    private static Tensor Pixels(Tensor x) => x.unsqueeze(-1).unsqueeze(-1);
}
