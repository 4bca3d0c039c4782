using System.Globalization;
using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>The names of an <see cref="ImprovedUnet"/> in diffusers, where blocks are counted within their level and query, key and value are three layers.</summary>
/// <param name="knowsNoLabel">Whether the embedding of labels has a row for images without one.</param>
/// <remarks>huggingface/diffusers, models/unets/unet_2d.py and unet_2d_blocks.py; openai/improved-diffusion, unet.py.</remarks>
internal sealed class DiffusersImprovedNaming(bool knowsNoLabel) : TensorNaming
{
    private static readonly Dictionary<string, string> Outer = new(StringComparer.Ordinal)
    {
        ["time_embed.0"] = "time_embedding.linear_1",
        ["time_embed.2"] = "time_embedding.linear_2",
        ["input_blocks.0.0"] = "conv_in",
        ["out.0"] = "conv_norm_out",
        ["out.2"] = "conv_out",
    };

    private static readonly Dictionary<string, string> InBlock = new(StringComparer.Ordinal)
    {
        ["in_layers.0"] = "norm1",
        ["in_layers.2"] = "conv1",
        ["emb_layers.1"] = "time_emb_proj",
        ["out_layers.0"] = "norm2",
        ["out_layers.3"] = "conv2",
        ["skip_connection"] = "conv_shortcut",
    };

    /// <inheritdoc/>
    public override string Program => "diffusers";

    /// <inheritdoc/>
    public override bool Has(Network network) => network is ImprovedUnet;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorPart> PartsOf(string parameter, IReadOnlyList<long> shape, Network network)
    {
        // The last word is weight or bias; before it stands the layer.
        string[] words = parameter.Split('.');
        string kind = words[^1];
        if (Outer.TryGetValue(string.Join('.', words[..^1]), out string? place))
            return DiffusersLayers.Whole($"{place}.{kind}", shape);
        ImprovedUnet unet = (ImprovedUnet)network;
        return words switch
        {
            ["label_emb", _] => DiffusersLayers.Labels(shape, knowsNoLabel),
            ["middle_block", "1", string layer, _] => Attention("mid_block.attentions.0", layer, kind, shape, unet.Heads),
            ["middle_block", string index, .. string[] layer, _] => Block($"mid_block.resnets.{(index == "0" ? 0 : 1)}", layer, kind, shape),
            ["input_blocks", string stage, _, "op", _] => DiffusersLayers.Whole($"{Level("down", stage, 1, unet).Level}.downsamplers.0.conv.{kind}", shape),
            ["input_blocks", string stage, .. string[] layer, _] => Stage(Level("down", stage, 1, unet), layer, kind, shape, unet.Heads),
            ["output_blocks", string stage, _, "conv", _] => DiffusersLayers.Whole($"{Level("up", stage, 0, unet).Level}.upsamplers.0.conv.{kind}", shape),
            ["output_blocks", string stage, .. string[] layer, _] => Stage(Level("up", stage, 0, unet), layer, kind, shape, unet.Heads),
            _ => [],
        };
    }

    // A level has its blocks and a halving on the way down, which begins with the first convolution, and one block more on the way up: the same number of stages.
    private static (string Level, int Index) Level(string way, string stage, int first, ImprovedUnet unet)
    {
        (int level, int index) = Math.DivRem(int.Parse(stage, CultureInfo.InvariantCulture) - first, unet.Blocks + 1);
        return ($"{way}_blocks.{level}", index);
    }

    // The first layer of a stage is its residual block, the second its attention.
    private static IReadOnlyList<TensorPart> Stage((string Level, int Index) stage, string[] layer, string kind, IReadOnlyList<long> shape, int heads) => layer[0] == "0"
        ? Block($"{stage.Level}.resnets.{stage.Index}", layer[1..], kind, shape)
        : Attention($"{stage.Level}.attentions.{stage.Index}", layer[1], kind, shape, heads);

    private static IReadOnlyList<TensorPart> Block(string block, string[] layer, string kind, IReadOnlyList<long> shape) =>
        DiffusersLayers.Whole($"{block}.{InBlock[string.Join('.', layer)]}.{kind}", shape);

    // Ours holds, head by head, the rows of its query, its key and its value; theirs hold the rows of all heads each.
    private static IReadOnlyList<TensorPart> Attention(string attention, string layer, string kind, IReadOnlyList<long> shape, int heads)
    {
        if (layer != "qkv")
            return [DiffusersLayers.Attention(attention, layer, kind, shape)];
        long channels = shape[0] / 3;
        long width = channels / heads;
        return [.. new[] { "q", "k", "v" }.Select((part, i) => DiffusersLayers.Attention(attention, part, kind, [channels, .. shape.Skip(1)]) with
        {
            Rows = [.. Enumerable.Range(0, heads).Select(head => ((3 * head + i) * width, width))],
        })];
    }
}
