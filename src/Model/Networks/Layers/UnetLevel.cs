using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>The blocks of one resolution on one way, and the change of resolution after them.</summary>
internal sealed class UnetLevel : Module
{
    private readonly ResidualBlock[] _blocks;
    private readonly AttentionBlock[] _attention;

    /// <param name="plan">What the network's blocks share.</param>
    /// <param name="widths">Input and output channels of each block.</param>
    /// <param name="attend">Whether attention follows each block.</param>
    /// <param name="resample">The change of resolution; null at the end of the way.</param>
    /// <param name="resampleName">Its name in checkpoints.</param>
    public UnetLevel(LayerPlan plan, (int In, int Out)[] widths, bool attend, Module<Tensor, Tensor>? resample, string resampleName)
        : base(nameof(UnetLevel))
    {
        _blocks = [.. widths.Select(width => new ResidualBlock(plan, width.In, width.Out))];
        _attention = attend ? [.. widths.Select(width => new AttentionBlock(plan, width.Out))] : [];
        Resample = resample;
        register_module("block", new ModuleList<ResidualBlock>(_blocks));
        register_module("attn", new ModuleList<AttentionBlock>(_attention));
        if (resample is not null)
            register_module(resampleName, resample);
    }

    /// <summary>Number of blocks.</summary>
    public int Count => _blocks.Length;

    /// <summary>The change of resolution after the blocks; null at the end of the way.</summary>
    public Module<Tensor, Tensor>? Resample { get; }

    /// <summary>Applies one block and the attention that follows it; the input is named twice as for <see cref="ResidualBlock.Apply"/>.</summary>
    public Tensor Block(int index, Tensor shortcut, Tensor x, Tensor time)
    {
        Tensor h = _blocks[index].Apply(shortcut, x, time);
        return _attention.Length == 0 ? h : _attention[index].call(h);
    }
}
