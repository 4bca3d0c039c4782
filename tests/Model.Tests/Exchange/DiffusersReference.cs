using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>What UNet2DModel of diffusers computes from a configuration and a state dict, written out of its description: the check that an exported network means there what it means here.</summary>
/// <remarks>huggingface/diffusers, models/unets/unet_2d.py, unet_2d_blocks.py, models/resnet.py, attention_processor.py and embeddings.py.</remarks>
internal sealed class DiffusersReference(JsonObject config, IReadOnlyDictionary<string, Tensor> given)
{
    // In float64: libtorch's float32 convolutions of 24 channels are wrong on some processors, see WholeBlocks.
    private readonly Dictionary<string, Tensor> _weights = given.ToDictionary(entry => entry.Key, entry => entry.Value.to(float64));
    private readonly int[] _widths = [.. config["block_out_channels"]!.AsArray().Select(width => width!.GetValue<int>())];
    private readonly double _eps = config["norm_eps"]!.GetValue<double>();
    private readonly int _groups = config["norm_num_groups"]!.GetValue<int>();
    private readonly int _layers = config["layers_per_block"]!.GetValue<int>();
    private readonly bool _scaleShift = config["resnet_time_scale_shift"]!.GetValue<string>() == "scale_shift";

    public Tensor Predict(Tensor x, Tensor t, Tensor? labels)
    {
        // Timesteps, then TimestepEmbedding, then the class.
        int half = _widths[0] / 2;
        Tensor frequencies = (arange(half, dtype: float64) * (-Math.Log(10000) / (half - config["freq_shift"]!.GetValue<int>()))).exp();
        Tensor angles = t.to(float64).unsqueeze(1) * frequencies.unsqueeze(0);
        bool flip = config["flip_sin_to_cos"]!.GetValue<bool>();
        Tensor emb = cat(flip ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()], 1);
        emb = Dense(functional.silu(Dense(emb, "time_embedding.linear_1")), "time_embedding.linear_2");
        Assert.Equal(config["num_class_embeds"] is not null, labels is not null);
        if (labels is not null)
        {
            Assert.Equal(config["num_class_embeds"]!.GetValue<long>(), _weights["class_embedding.weight"].shape[0]);
            emb += _weights["class_embedding.weight"][labels];
        }

        Tensor h = Conv(x.to(float64), "conv_in", 1, 1);
        Stack<Tensor> skips = new([h]);
        for (int i = 0; i < _widths.Length; i++)
        {
            for (int j = 0; j < _layers; j++)
            {
                h = Resnet(h, emb, $"down_blocks.{i}.resnets.{j}");
                if (Kind("down_block_types", i) == "AttnDownBlock2D")
                    h = Attention(h, $"down_blocks.{i}.attentions.{j}", _groups);
                skips.Push(h);
            }

            if (i < _widths.Length - 1)
            {
                int padding = config["downsample_padding"]!.GetValue<int>();
                h = Conv(padding == 0 ? functional.pad(h, (0, 1, 0, 1), PaddingModes.Constant, 0) : h, $"down_blocks.{i}.downsamplers.0.conv", 2, padding);
                skips.Push(h);
            }
        }

        // The middle's attention is normalised only where a number of groups says so, or time is added.
        int? groups = config["attn_norm_num_groups"]?.GetValue<int>() ?? (_scaleShift ? null : _groups);
        h = Resnet(h, emb, "mid_block.resnets.0");
        h = Attention(h, "mid_block.attentions.0", groups);
        h = Resnet(h, emb, "mid_block.resnets.1");
        for (int i = 0; i < _widths.Length; i++)
        {
            for (int j = 0; j <= _layers; j++)
            {
                h = Resnet(cat([h, skips.Pop()], 1), emb, $"up_blocks.{i}.resnets.{j}");
                if (Kind("up_block_types", i) == "AttnUpBlock2D")
                    h = Attention(h, $"up_blocks.{i}.attentions.{j}", _groups);
            }

            if (i < _widths.Length - 1)
                h = Conv(functional.interpolate(h, scale_factor: [2, 2], mode: InterpolationMode.Nearest), $"up_blocks.{i}.upsamplers.0.conv", 1, 1);
        }

        Assert.Empty(skips);
        return Conv(functional.silu(Norm(h, "conv_norm_out", _groups)), "conv_out", 1, 1).to(float32);
    }

    private Tensor Resnet(Tensor x, Tensor emb, string at)
    {
        Tensor h = Conv(functional.silu(Norm(x, $"{at}.norm1", _groups)), $"{at}.conv1", 1, 1);
        Tensor time = Dense(functional.silu(emb), $"{at}.time_emb_proj").unsqueeze(-1).unsqueeze(-1);
        if (_scaleShift)
        {
            Tensor[] halves = time.chunk(2, 1);
            h = Norm(h, $"{at}.norm2", _groups) * (1 + halves[0]) + halves[1];
        }
        else
        {
            h = Norm(h + time, $"{at}.norm2", _groups);
        }

        h = Conv(functional.silu(h), $"{at}.conv2", 1, 1);
        return (_weights.ContainsKey($"{at}.conv_shortcut.weight") ? Conv(x, $"{at}.conv_shortcut", 1, 0) : x) + h;
    }

    private Tensor Attention(Tensor x, string at, int? groups)
    {
        (long n, long channels) = (x.shape[0], x.shape[1]);
        long width = config["attention_head_dim"]?.GetValue<int>() ?? channels;
        Tensor h = x.flatten(2);
        h = (groups is int g ? functional.group_norm(h, g, _weights[$"{at}.group_norm.weight"], _weights[$"{at}.group_norm.bias"], _eps) : h).transpose(1, 2);
        Tensor Heads(string layer) => Dense(h, $"{at}.{layer}").view(n, -1, channels / width, width).transpose(1, 2);
        Tensor scores = (Heads("to_q").matmul(Heads("to_k").transpose(-1, -2)) / Math.Sqrt(width)).softmax(-1);
        Tensor mixed = scores.matmul(Heads("to_v")).transpose(1, 2).reshape(n, -1, channels);
        return x + Dense(mixed, $"{at}.to_out.0").transpose(1, 2).reshape(x.shape);
    }

    private string Kind(string member, int i) => config[member]![i]!.GetValue<string>();

    private Tensor Conv(Tensor x, string at, int stride, int padding) =>
        functional.conv2d(x, _weights[$"{at}.weight"], _weights[$"{at}.bias"], [stride, stride], [padding, padding]);

    private Tensor Dense(Tensor x, string at) => functional.linear(x, _weights[$"{at}.weight"], _weights[$"{at}.bias"]);

    private Tensor Norm(Tensor x, string at, int groups) => functional.group_norm(x, groups, _weights[$"{at}.weight"], _weights[$"{at}.bias"], _eps);
}
