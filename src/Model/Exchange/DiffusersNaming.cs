using System.Globalization;
using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>The names of a U-Net in diffusers, whose levels on the way up are counted from the middle and whose attention has dense layers.</summary>
/// <remarks>huggingface/diffusers, models/unets/unet_2d.py, unet_2d_blocks.py and models/attention_processor.py; before version 0.12 attention had other names, which are read too.</remarks>
internal sealed class DiffusersNaming : TensorNaming
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

    private static readonly Dictionary<string, string[]> InAttention = new(StringComparer.Ordinal)
    {
        ["norm"] = ["group_norm"],
        ["q"] = ["to_q", "query"],
        ["k"] = ["to_k", "key"],
        ["v"] = ["to_v", "value"],
        ["proj_out"] = ["to_out.0", "proj_attn"],
    };

    /// <inheritdoc/>
    public override string Program => "diffusers";

    /// <inheritdoc/>
    public override bool Has(Network network) => network is DdpmUnet;

    /// <inheritdoc/>
    public override IReadOnlyList<string> NamesOf(string parameter, Network network)
    {
        // The last word is weight or bias; before it stands the layer.
        string[] words = parameter.Split('.');
        string kind = words[^1];
        if (Outer.TryGetValue(string.Join('.', words[..^1]), out string? place))
            return [$"{place}.{kind}"];
        return words switch
        {
            ["mid", "attn_1", string layer, _] => [.. InAttention[layer].Select(name => $"{Outer["mid.attn_1"]}.{name}.{kind}")],
            ["mid", string block, string layer, _] => [$"{Outer[$"mid.{block}"]}.{InBlock[layer]}.{kind}"],
            ["down" or "up", string level, "block", string index, string layer, _] => [$"{Level(words[0], level, network)}.resnets.{index}.{InBlock[layer]}.{kind}"],
            ["down" or "up", string level, "attn", string index, string layer, _] =>
                [.. InAttention[layer].Select(name => $"{Level(words[0], level, network)}.attentions.{index}.{name}.{kind}")],
            ["down", string level, "downsample", "conv", _] => [$"{Level("down", level, network)}.downsamplers.0.conv.{kind}"],
            ["up", string level, "upsample", "conv", _] => [$"{Level("up", level, network)}.upsamplers.0.conv.{kind}"],
            _ => [],
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> ShapeOf(string parameter, IReadOnlyList<long> shape)
    {
        bool isAttention = parameter.Split('.') is ["mid", "attn_1", ..] or [_, _, "attn", ..];
        return isAttention && shape.Count == 4 ? [.. shape.Take(2)] : shape;
    }

    private static string Level(string way, string level, Network network) =>
        way == "down" ? $"down_blocks.{level}" : $"up_blocks.{((DdpmUnet)network).Multipliers.Count - 1 - int.Parse(level, CultureInfo.InvariantCulture)}";
}
