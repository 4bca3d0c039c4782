using System.Globalization;
using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>The names of a <see cref="DdpmUnet"/> in diffusers, whose levels on the way up are counted from the middle.</summary>
/// <param name="knowsNoLabel">Whether the embedding of labels has a row for images without one.</param>
/// <remarks>huggingface/diffusers, models/unets/unet_2d.py and unet_2d_blocks.py.</remarks>
internal sealed class DiffusersNaming(bool knowsNoLabel) : TensorNaming
{
    private static readonly Dictionary<string, string> Outer = new(StringComparer.Ordinal)
    {
        ["temb.dense.0"] = "time_embedding.linear_1",
        ["temb.dense.1"] = "time_embedding.linear_2",
        ["conv_in"] = "conv_in",
        ["mid.block_1"] = "mid_block.resnets.0",
        ["mid.attn_1"] = "mid_block.attentions.0",
        ["mid.block_2"] = "mid_block.resnets.1",
        ["norm_out"] = "conv_norm_out",
        ["conv_out"] = "conv_out",
    };

    private static readonly Dictionary<string, string> InBlock = new(StringComparer.Ordinal)
    {
        ["norm1"] = "norm1",
        ["conv1"] = "conv1",
        ["temb_proj"] = "time_emb_proj",
        ["norm2"] = "norm2",
        ["conv2"] = "conv2",
        ["nin_shortcut"] = "conv_shortcut",
    };

    /// <inheritdoc/>
    public override string Program => "diffusers";

    /// <inheritdoc/>
    public override bool Has(Network network) => network is DdpmUnet;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorPart> PartsOf(string parameter, IReadOnlyList<long> shape, Network network)
    {
        // The last word is weight or bias; before it stands the layer.
        string[] words = parameter.Split('.');
        string kind = words[^1];
        if (Outer.TryGetValue(string.Join('.', words[..^1]), out string? place))
            return DiffusersLayers.Whole($"{place}.{kind}", shape);
        return words switch
        {
            ["label_emb", _] => DiffusersLayers.Labels(shape, knowsNoLabel),
            ["mid", "attn_1", string layer, _] => [DiffusersLayers.Attention(Outer["mid.attn_1"], layer, kind, shape)],
            ["mid", string block, string layer, _] => DiffusersLayers.Whole($"{Outer[$"mid.{block}"]}.{InBlock[layer]}.{kind}", shape),
            ["down" or "up", string level, "block", string index, string layer, _] =>
                DiffusersLayers.Whole($"{Level(words[0], level, network)}.resnets.{index}.{InBlock[layer]}.{kind}", shape),
            ["down" or "up", string level, "attn", string index, string layer, _] =>
                [DiffusersLayers.Attention($"{Level(words[0], level, network)}.attentions.{index}", layer, kind, shape)],
            ["down", string level, "downsample", "conv", _] => DiffusersLayers.Whole($"{Level("down", level, network)}.downsamplers.0.conv.{kind}", shape),
            ["up", string level, "upsample", "conv", _] => DiffusersLayers.Whole($"{Level("up", level, network)}.upsamplers.0.conv.{kind}", shape),
            _ => [],
        };
    }

    private static string Level(string way, string level, Network network) =>
        way == "down" ? $"down_blocks.{level}" : $"up_blocks.{((DdpmUnet)network).Multipliers.Count - 1 - int.Parse(level, CultureInfo.InvariantCulture)}";
}
