using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks;

/// <summary>The module of an <see cref="ImprovedUnet"/>.</summary>
/// <remarks>Parameter names and shapes are those of openai/improved-diffusion, so its weights fit by name. They are kept in checkpoints.</remarks>
internal sealed class ImprovedUnetModule : ConditionalModule
{
    private readonly int _channels;
    private readonly bool _recompute;
    private readonly Dense _time0;
    private readonly Dense _time1;
    private readonly LabelEmbedding? _labels;
    private readonly Convolution _convIn;
    private readonly List<ImprovedStage> _down = [];
    private readonly ImprovedResidualBlock _middle1;
    private readonly MultiHeadAttention _middleAttention;
    private readonly ImprovedResidualBlock _middle2;
    private readonly List<ImprovedStage> _up = [];
    private readonly GroupNormalization _normOut;
    private readonly Convolution _convOut;

    public ImprovedUnetModule(ImprovedUnet unet, UnetLayout layout, int inChannels, int outChannels, int size, long seed, DropoutContext dropout)
        : base(nameof(ImprovedUnet))
    {
        Initializer init = new(seed);
        LayerPlan plan = new(init, unet.Groups, unet.Dropout, dropout, 4 * unet.Channels);
        _channels = unet.Channels;
        _recompute = unet.CheckpointBlocks;

        // Embed t.
        _time0 = Dense.FanIn(init, unet.Channels, plan.TimeWidth);
        _time1 = Dense.FanIn(init, plan.TimeWidth, plan.TimeWidth);
        register_module("time_embed", new NamedModules(("0", _time0), ("2", _time1)));

        // Go down; the first convolution counts as a stage.
        _convIn = Convolution.FanIn(init, inChannels, unet.Channels, 3);
        (int In, int Out)[][] widths = layout.Down();
        for (int level = 0; level < widths.Length; level++)
        {
            foreach ((int from, int to) in widths[level])
                _down.Add(new ImprovedStage(Block(from, to, level)));
            if (level < widths.Length - 1)
                _down.Add(new ImprovedStage(ImprovedResampling.Halve(init, widths[level][^1].Out)));
        }

        register_module("input_blocks", new NamedModules([("0", new NamedModules(("0", _convIn))), .. _down.Select((stage, i) => ($"{i + 1}", (Module)stage))]));

        // Cross the middle.
        _middle1 = new ImprovedResidualBlock(plan, layout.Middle, layout.Middle, unet.ScaleShiftNorm);
        _middleAttention = new MultiHeadAttention(plan, layout.Middle, unet.Heads);
        _middle2 = new ImprovedResidualBlock(plan, layout.Middle, layout.Middle, unet.ScaleShiftNorm);
        register_module("middle_block", new NamedModules(("0", _middle1), ("1", _middleAttention), ("2", _middle2)));

        // Go up; the last block of a level doubles the resolution.
        widths = layout.Up();
        for (int level = widths.Length - 1; level >= 0; level--)
        {
            for (int block = 0; block < widths[level].Length; block++)
            {
                (int from, int to) = widths[level][block];
                IEnumerable<Module> layers = Block(from, to, level);
                bool twice = level > 0 && block == widths[level].Length - 1;
                _up.Add(new ImprovedStage(twice ? layers.Append(ImprovedResampling.Double(init, to)) : layers));
            }
        }

        register_module("output_blocks", new NamedModules([.. _up.Select((stage, i) => ($"{i}", (Module)stage))]));

        // Read the output; a new network predicts zero.
        _normOut = new GroupNormalization(init, widths[0][^1].Out, unet.Groups, GroupNormalization.ImprovedEpsilon, activates: true);
        _convOut = Convolution.Zero(init, widths[0][^1].Out, outChannels, 3);
        register_module("out", new NamedModules(("0", _normOut), ("2", _convOut)));

        // Made last, so that a network without labels has the same first weights.
        if (unet.Classes > 0)
        {
            _labels = new LabelEmbedding(init, unet.Classes, plan.TimeWidth);
            register_module("label_emb", _labels);
        }

        IEnumerable<Module> Block(int from, int to, int level)
        {
            yield return new ImprovedResidualBlock(plan, from, to, unet.ScaleShiftNorm);
            if (layout.Attends(level, size))
                yield return new MultiHeadAttention(plan, to, unet.Heads);
        }
    }

    /// <inheritdoc/>
    public override Tensor Predict(Tensor x, Tensor t, Tensor? labels)
    {
        using DisposeScope scope = NewDisposeScope();

        // Embed t and the label; every block uses the embedding after its activation, which is therefore taken once.
        Tensor time = _time1.call(functional.silu(_time0.call(TimestepEmbedding.Improved(t, _channels))));
        time = functional.silu(LabelEmbedding.Add(_labels, time, labels));

        // Go down and leave every activation behind, and go up and take every one back.
        Tensor h = LastChannels.Enter(_convIn.call(x));
        Stack<Tensor> skips = new([h]);
        foreach (ImprovedStage stage in _down)
            skips.Push(h = Recomputation.Of(_recompute, stage.Apply, h, time));
        h = Recomputation.Of(_recompute, (shortcut, x, time) => _middleAttention.call(_middle1.Apply(shortcut, x, time)), h, time);
        h = Recomputation.Of(_recompute, _middle2.Apply, h, time);
        foreach (ImprovedStage stage in _up)
            h = Recomputation.Of(_recompute, stage.Apply, torch.cat([h, skips.Pop()], 1), time);

        return _convOut.call(_normOut.call(h, null)).contiguous().MoveToOuterDisposeScope();
    }
}
