using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using TorchSharp.Modules;
using Convolution = DdpmJobs.Model.Networks.Layers.Convolution;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks;

/// <summary>The module of a <see cref="DdpmUnet"/>.</summary>
/// <remarks>Parameter names are those of the PyTorch port (ermongroup/ddim, models/diffusion.py), so its weights fit by name. They are kept in checkpoints.</remarks>
internal sealed class DdpmUnetModule : ConditionalModule
{
    private readonly int _channels;
    private readonly bool _recompute;
    private readonly Dense _time0;
    private readonly Dense _time1;
    private readonly Convolution _convIn;
    private readonly UnetLevel[] _down;
    private readonly ResidualBlock _middle1;
    private readonly AttentionBlock _middleAttention;
    private readonly ResidualBlock _middle2;
    private readonly UnetLevel[] _up;
    private readonly GroupNormalization _normOut;
    private readonly Convolution _convOut;
    private readonly LabelEmbedding? _labels;

    public DdpmUnetModule(DdpmUnet unet, UnetLayout layout, int inChannels, int outChannels, int size, long seed, DropoutContext dropout)
        : base(nameof(DdpmUnet))
    {
        Initializer init = new(seed);
        LayerPlan plan = new(init, unet.Groups, unet.Dropout, dropout, 4 * unet.Channels);
        _channels = unet.Channels;
        _recompute = unet.CheckpointBlocks;

        // Embed t.
        _time0 = new Dense(init, unet.Channels, plan.TimeWidth);
        _time1 = new Dense(init, plan.TimeWidth, plan.TimeWidth);
        ModuleList<Module> timeLayers = new(_time0, _time1);
        register_module("temb", new NamedModules(("dense", timeLayers)));

        // Go down, through the middle, and up.
        _convIn = new Convolution(init, inChannels, unet.Channels, 3);
        register_module("conv_in", _convIn);
        (int In, int Out)[][] widths = layout.Down();
        _down = new UnetLevel[widths.Length];
        for (int level = 0; level < _down.Length; level++)
        {
            Downsampling? halve = level < _down.Length - 1 ? new Downsampling(init, widths[level][^1].Out) : null;
            _down[level] = new UnetLevel(plan, widths[level], layout.Attends(level, size), halve, "downsample");
        }

        register_module("down", new ModuleList<UnetLevel>(_down));
        int middle = layout.Middle;
        _middle1 = new ResidualBlock(plan, middle, middle);
        _middleAttention = new AttentionBlock(plan, middle);
        _middle2 = new ResidualBlock(plan, middle, middle);
        register_module("mid", new NamedModules(("block_1", _middle1), ("attn_1", _middleAttention), ("block_2", _middle2)));
        widths = layout.Up();
        _up = new UnetLevel[widths.Length];
        for (int level = _up.Length - 1; level >= 0; level--)
        {
            Upsampling? twice = level > 0 ? new Upsampling(init, widths[level][^1].Out) : null;
            _up[level] = new UnetLevel(plan, widths[level], layout.Attends(level, size), twice, "upsample");
        }

        register_module("up", new ModuleList<UnetLevel>(_up));

        // Read the output; the tiny scale makes a new network predict almost zero.
        _normOut = new GroupNormalization(init, widths[0][^1].Out, unet.Groups, activates: true);
        register_module("norm_out", _normOut);
        _convOut = new Convolution(init, widths[0][^1].Out, outChannels, 3, scale: Initializer.Tiny);
        register_module("conv_out", _convOut);

        // Made last, so that a network without labels has the same first weights.
        if (unet.Classes > 0)
        {
            _labels = new LabelEmbedding(init, unet.Classes, plan.TimeWidth);
            register_module("label_emb", _labels);
        }
    }

    /// <inheritdoc/>
    public override Tensor Predict(Tensor x, Tensor t, Tensor? labels)
    {
        using DisposeScope scope = NewDisposeScope();

        // Embed t and the label; every block uses the embedding after its activation, which is therefore taken once.
        Tensor time = _time1.call(functional.silu(_time0.call(TimestepEmbedding.Of(t, _channels))));
        time = functional.silu(LabelEmbedding.Add(_labels, time, labels));

        // Go down and leave every activation behind.
        Tensor h = LastChannels.Enter(_convIn.call(x));
        Stack<Tensor> skips = new([h]);
        foreach (UnetLevel level in _down)
        {
            for (int block = 0; block < level.Count; block++)
                skips.Push(h = Apply(level, block, h));
            if (level.Resample is not null)
                skips.Push(h = level.Resample.call(h));
        }

        h = Recomputation.Of(_recompute, (shortcut, x, time) => _middleAttention.call(_middle1.Apply(shortcut, x, time)), h, time);
        h = Recomputation.Of(_recompute, _middle2.Apply, h, time);

        // Go up and take every activation back.
        for (int i = _up.Length - 1; i >= 0; i--)
        {
            for (int block = 0; block < _up[i].Count; block++)
                h = Apply(_up[i], block, torch.cat([h, skips.Pop()], 1));
            if (_up[i].Resample is not null)
                h = _up[i].Resample!.call(h);
        }

        return _convOut.call(_normOut.call(h, null)).contiguous().MoveToOuterDisposeScope();

        Tensor Apply(UnetLevel level, int block, Tensor h) => Recomputation.Of(_recompute, (shortcut, x, time) => level.Block(block, shortcut, x, time), h, time);
    }
}
