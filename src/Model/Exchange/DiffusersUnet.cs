using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Exchange;

/// <summary>The configuration under which the U-Net of diffusers computes what a <see cref="DdpmUnet"/> or an <see cref="ImprovedUnet"/> computes.</summary>
/// <remarks>huggingface/diffusers, models/unets/unet_2d.py: the members of UNet2DModel and their defaults.</remarks>
internal static class DiffusersUnet
{
    private const string HeadDim = "attention_head_dim";
    private const string AttentionGroups = "attn_norm_num_groups";

    // What a member is when a file leaves it out. The defaults are those of the program, not of the paper's network.
    private static readonly JsonObject Defaults = JsonNode.Parse("""
        {
          "in_channels": 3, "out_channels": 3, "center_input_sample": false, "time_embedding_type": "positional", "freq_shift": 0, "flip_sin_to_cos": true,
          "layers_per_block": 2, "mid_block_scale_factor": 1, "downsample_padding": 1, "downsample_type": "conv", "upsample_type": "conv", "act_fn": "silu",
          "attention_head_dim": 8, "norm_num_groups": 32, "attn_norm_num_groups": null, "norm_eps": 1e-5, "resnet_time_scale_shift": "default",
          "add_attention": true, "class_embed_type": null, "num_class_embeds": null,
          "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
          "up_block_types": ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"], "block_out_channels": [224, 448, 672, 896]
        }
        """)!.AsObject();

    /// <summary>Says why the program has no such network; null when it has.</summary>
    /// <param name="network">The network.</param>
    /// <param name="size">Height and width in pixels.</param>
    public static string? WhyNot(Network network, int size)
    {
        if (Members(network) is not Shared unet)
            return $"diffusers has no network with the layers of {Kinds.NameOf(network)}; ddpm_unet and improved_unet have one";

        // There the width of the first convolution and of the embedded t is that of the first level.
        if (unet.Multipliers[0] != 1)
            return $"the first level is {unet.Multipliers[0]} times as wide as the first convolution, and in diffusers as wide; network.multipliers would have to begin with 1";

        // No layer is narrower than the first.
        if (unet.Channels < unet.Groups)
            return $"a layer of {unet.Channels} channels has one group a channel here, but {unet.Groups} groups in diffusers; set network.groups to at most {unet.Channels}";

        // Heads are a number here and a width there.
        int[] widths = [.. AttendingWidths(unet, size).Distinct()];
        return unet.Heads > 1 && widths.Length > 1
            ? $"each self-attention has {unet.Heads} heads here, and in diffusers heads of one width; layers of {string.Join(", ", widths)} channels cannot have both"
            : null;
    }

    /// <summary>Writes the configuration.</summary>
    /// <param name="network">One that <see cref="WhyNot"/> lets through.</param>
    /// <param name="inChannels">Channels of x_t.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="knowsNoLabel">Whether the network also learned to do without a label: the class behind the last is none.</param>
    public static JsonObject Config(Network network, int inChannels, int outChannels, int size, bool knowsNoLabel)
    {
        Shared unet = Members(network)!;
        bool improved = network is ImprovedUnet;
        bool scaleShift = network is ImprovedUnet { ScaleShiftNorm: true };
        string[] attention = [.. Enumerable.Range(0, unet.Multipliers.Count).Select(level => unet.Attention.Contains(size >> level) ? "Attn" : "")];
        return new JsonObject
        {
            ["_class_name"] = "UNet2DModel",
            ["_diffusers_version"] = DiffusersFolder.Version,
            ["sample_size"] = size,
            ["in_channels"] = inChannels,
            ["out_channels"] = outChannels,
            ["center_input_sample"] = false,
            ["time_embedding_type"] = "positional",
            ["freq_shift"] = improved ? 0 : 1, // the frequencies divide by half, or by half - 1
            ["flip_sin_to_cos"] = improved,
            ["down_block_types"] = new JsonArray([.. attention.Select(kind => JsonValue.Create($"{kind}DownBlock2D"))]),
            ["up_block_types"] = new JsonArray([.. attention.Reverse().Select(kind => JsonValue.Create($"{kind}UpBlock2D"))]),
            ["block_out_channels"] = new JsonArray([.. unet.Multipliers.Select(multiplier => JsonValue.Create(unet.Channels * multiplier))]),
            ["layers_per_block"] = unet.Blocks,
            ["mid_block_scale_factor"] = 1,
            ["downsample_padding"] = improved ? 1 : 0, // 0 stands for the padding on the right and at the bottom there
            ["downsample_type"] = "conv",
            ["upsample_type"] = "conv",
            ["dropout"] = unet.Dropout,
            ["act_fn"] = "silu",
            [HeadDim] = unet.Heads > 1 ? AttendingWidths(unet, size).First() / unet.Heads : null, // null is one head
            ["norm_num_groups"] = unet.Groups,
            [AttentionGroups] = scaleShift ? unet.Groups : null, // else the middle's attention has no normalisation there
            ["norm_eps"] = improved ? 1e-5 : 1e-6,
            ["resnet_time_scale_shift"] = scaleShift ? "scale_shift" : "default",
            ["add_attention"] = true,
            ["class_embed_type"] = null,
            ["num_class_embeds"] = network.LabelCount == 0 ? null : network.LabelCount + (knowsNoLabel ? 1 : 0),
        };
    }

    /// <summary>Says where a configuration means another network than ours; size and dropout are the run's own matter.</summary>
    /// <exception cref="InvalidOperationException">A member has the wrong type.</exception>
    public static IEnumerable<string> Differences(JsonObject theirs, JsonObject ours)
    {
        foreach ((string name, JsonNode? fallback) in Defaults)
        {
            JsonNode? there = theirs.ContainsKey(name) ? theirs[name] : fallback;
            if (!Same(name, there, theirs, ours))
                yield return $"{name} is {Json(there)} there{(theirs.ContainsKey(name) ? "" : " by default")} and {Json(ours[name])} here";
        }
    }

    private static bool Same(string name, JsonNode? there, JsonObject theirs, JsonObject ours) => name switch
    {
        // Spelt otherwise, these mean the same: the width of the only head, and the groups that stand in for none.
        HeadDim when ours[HeadDim] is null && there is not null => AttendingWidths(ours).All(width => width == there.GetValue<int>()),
        AttentionGroups when ours[AttentionGroups] is null && there is not null => JsonNode.DeepEquals(there, ours["norm_num_groups"]),
        "mid_block_scale_factor" or "norm_eps" => Number(there) == Number(ours[name]),
        _ => JsonNode.DeepEquals(there, ours[name]),
    };

    private static IEnumerable<int> AttendingWidths(JsonObject config)
    {
        JsonArray widths = config["block_out_channels"]!.AsArray();
        return widths.Where((_, level) => config["down_block_types"]![level]!.GetValue<string>().StartsWith("Attn", StringComparison.Ordinal)).Append(widths[^1])
            .Select(width => width!.GetValue<int>());
    }

    private static IEnumerable<int> AttendingWidths(Shared unet, int size) => Enumerable.Range(0, unet.Multipliers.Count)
        .Where(level => unet.Attention.Contains(size >> level)).Append(unet.Multipliers.Count - 1).Select(level => unet.Channels * unet.Multipliers[level]);

    private static Shared? Members(Network network) => network switch
    {
        DdpmUnet unet => new Shared(unet.Channels, unet.Multipliers, unet.Blocks, unet.Attention, unet.Groups, unet.Dropout, Heads: 1),
        ImprovedUnet unet => new Shared(unet.Channels, unet.Multipliers, unet.Blocks, unet.Attention, unet.Groups, unet.Dropout, unet.Heads),
        _ => null,
    };

    // 1, 1.0 and 1e-06 are numbers that Python and we write differently.
    private static double Number(JsonNode? node) => node is not null && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        ? number : throw new InvalidOperationException("A member is no number.");

    private static string Json(JsonNode? node) => node?.ToJsonString() ?? "null";

    private sealed record Shared(int Channels, IReadOnlyList<int> Multipliers, int Blocks, IReadOnlyList<int> Attention, int Groups, double Dropout, int Heads);
}
