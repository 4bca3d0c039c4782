using System.Text.Json.Nodes;
using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>The configuration under which the U-Net of diffusers computes what a <see cref="DdpmUnet"/> computes.</summary>
/// <remarks>huggingface/diffusers, models/unets/unet_2d.py: the members of UNet2DModel and their defaults.</remarks>
internal static class DiffusersUnet
{
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
    public static string? WhyNot(Network network)
    {
        if (network is not DdpmUnet unet)
            return $"diffusers has no network with the layers of {Specs.Kinds.NameOf(network)}; ddpm_unet has one";

        // No layer is narrower than the first.
        return unet.Channels < unet.Groups
            ? $"a layer of {unet.Channels} channels has one group a channel here, but {unet.Groups} groups in diffusers; set network.groups to at most {unet.Channels}"
            : null;
    }

    /// <summary>Writes the configuration.</summary>
    /// <param name="unet">The network.</param>
    /// <param name="inChannels">Channels of x_t.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="size">Height and width in pixels.</param>
    public static JsonObject Config(DdpmUnet unet, int inChannels, int outChannels, int size)
    {
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
            ["freq_shift"] = 1, // the frequencies divide by half - 1
            ["flip_sin_to_cos"] = false,
            ["down_block_types"] = new JsonArray([.. attention.Select(kind => JsonValue.Create($"{kind}DownBlock2D"))]),
            ["up_block_types"] = new JsonArray([.. attention.Reverse().Select(kind => JsonValue.Create($"{kind}UpBlock2D"))]),
            ["block_out_channels"] = new JsonArray([.. unet.Multipliers.Select(multiplier => JsonValue.Create(unet.Channels * multiplier))]),
            ["layers_per_block"] = unet.Blocks,
            ["mid_block_scale_factor"] = 1,
            ["downsample_padding"] = 0, // which there stands for the padding on the right and at the bottom
            ["downsample_type"] = "conv",
            ["upsample_type"] = "conv",
            ["dropout"] = unet.Dropout,
            ["act_fn"] = "silu",
            ["attention_head_dim"] = null, // one head
            ["norm_num_groups"] = unet.Groups,
            ["attn_norm_num_groups"] = null,
            ["norm_eps"] = 1e-6,
            ["resnet_time_scale_shift"] = "default",
            ["add_attention"] = true,
            ["class_embed_type"] = null,
            ["num_class_embeds"] = null,
        };
    }

    /// <summary>Says where a configuration means another network than ours; size and dropout are the run's own matter.</summary>
    public static IEnumerable<string> Differences(JsonObject theirs, JsonObject ours)
    {
        foreach ((string name, JsonNode? fallback) in Defaults)
        {
            JsonNode? there = theirs.ContainsKey(name) ? theirs[name] : fallback;
            if (!JsonNode.DeepEquals(there, ours[name]))
                yield return $"{name} is {Json(there)} there{(theirs.ContainsKey(name) ? "" : " by default")} and {Json(ours[name])} here";
        }
    }

    private static string Json(JsonNode? node) => node?.ToJsonString() ?? "null";
}
