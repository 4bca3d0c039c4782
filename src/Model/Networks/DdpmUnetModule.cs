using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using TorchSharp.Modules;
using Convolution = DdpmJobs.Model.Networks.Layers.Convolution;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks;

/// <summary>The module of a <see cref="DdpmUnet"/>.</summary>
/// <remarks>Parameter names are those of the PyTorch port (ermongroup/ddim, models/diffusion.py), so its weights fit by name. They are kept in checkpoints.</remarks>
internal sealed class DdpmUnetModule : Module<Tensor, Tensor, Tensor>
{
    private readonly int _channels;
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

    public DdpmUnetModule(DdpmUnet unet, int inChannels, int outChannels, int size, long seed, DropoutContext dropout)
        : base(nameof(DdpmUnet))
    {
        Initializer init = new(seed);
        LayerPlan plan = new(init, unet.Groups, unet.Dropout, dropout, 4 * unet.Channels);
        _channels = unet.Channels;

        // Embed t.
        _time0 = new Dense(init, unet.Channels, plan.TimeWidth);
        _time1 = new Dense(init, plan.TimeWidth, plan.TimeWidth);
        ModuleList<Module> timeLayers = new(_time0, _time1);
        register_module("temb", new NamedModules(("dense", timeLayers)));

        // Go down, through the middle, and up.
        _convIn = new Convolution(init, inChannels, unet.Channels, 3);
        register_module("conv_in", _convIn);
        (int In, int Out)[][] widths = UnetLayout.Down(unet);
        _down = new UnetLevel[widths.Length];
        for (int level = 0; level < _down.Length; level++)
        {
            Downsampling? halve = level < _down.Length - 1 ? new Downsampling(init, widths[level][^1].Out) : null;
            _down[level] = new UnetLevel(plan, widths[level], unet.Attention.Contains(size >> level), halve, "downsample");
        }

        register_module("down", new ModuleList<UnetLevel>(_down));
        int middle = UnetLayout.Middle(unet);
        _middle1 = new ResidualBlock(plan, middle, middle);
        _middleAttention = new AttentionBlock(plan, middle);
        _middle2 = new ResidualBlock(plan, middle, middle);
        register_module("mid", new NamedModules(("block_1", _middle1), ("attn_1", _middleAttention), ("block_2", _middle2)));
        widths = UnetLayout.Up(unet);
        _up = new UnetLevel[widths.Length];
        for (int level = _up.Length - 1; level >= 0; level--)
        {
            Upsampling? twice = level > 0 ? new Upsampling(init, widths[level][^1].Out) : null;
            _up[level] = new UnetLevel(plan, widths[level], unet.Attention.Contains(size >> level), twice, "upsample");
        }

        register_module("up", new ModuleList<UnetLevel>(_up));

        // Read the output; the tiny scale makes a new network predict almost zero.
        _normOut = new GroupNormalization(init, widths[0][^1].Out, unet.Groups);
        register_module("norm_out", _normOut);
        _convOut = new Convolution(init, widths[0][^1].Out, outChannels, 3, scale: Initializer.Tiny);
        register_module("conv_out", _convOut);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x, Tensor t)
    {
        using DisposeScope scope = NewDisposeScope();

        // Embed t; every block uses the embedding after its activation, which is therefore taken once.
        Tensor time = _time0.forward(TimestepEmbedding.Of(t, _channels));
        time = functional.silu(_time1.forward(functional.silu(time)));

        // Go down and leave every activation behind.
        Tensor h = _convIn.forward(x);
        Stack<Tensor> skips = new([h]);
        foreach (UnetLevel level in _down)
        {
            for (int block = 0; block < level.Count; block++)
                skips.Push(h = level.Block(block, h, time));
            if (level.Resample is not null)
                skips.Push(h = level.Resample.forward(h));
        }

        h = _middle1.forward(h, time);
        h = _middleAttention.forward(h);
        h = _middle2.forward(h, time);

        // Go up and take every activation back.
        for (int i = _up.Length - 1; i >= 0; i--)
        {
            for (int block = 0; block < _up[i].Count; block++)
                h = _up[i].Block(block, torch.cat([h, skips.Pop()], 1), time);
            if (_up[i].Resample is not null)
                h = _up[i].Resample!.forward(h);
        }

        return _convOut.forward(functional.silu(_normOut.forward(h))).MoveToOuterDisposeScope();
    }
}
