namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>Names and shapes of the tensors in other programs' U-Nets, by the rules of those programs and of nothing here: levels are built as their constructors build them.</summary>
internal static class OriginalNames
{
    /// <summary>ermongroup/ddim, models/diffusion.py, class Model.</summary>
    public static Dictionary<string, long[]> Ddim(int ch, int[] mult, int blocks, int[] attention, int resolution, int inChannels, int outChannels)
    {
        Dictionary<string, long[]> names = [];
        int temb = 4 * ch;
        Dense(names, "temb.dense.0", ch, temb);
        Dense(names, "temb.dense.1", temb, temb);
        Conv(names, "conv_in", inChannels, ch, 3);
        int[] before = [1, .. mult];
        int current = resolution;
        int width = ch;
        for (int level = 0; level < mult.Length; level++)
        {
            width = ch * before[level];
            for (int block = 0; block < blocks; block++)
            {
                Block($"down.{level}.block.{block}", width, ch * mult[level]);
                width = ch * mult[level];
                if (attention.Contains(current))
                    Attention($"down.{level}.attn.{block}", width);
            }

            if (level != mult.Length - 1)
            {
                Conv(names, $"down.{level}.downsample.conv", width, width, 3);
                current /= 2;
            }
        }

        Block("mid.block_1", width, width);
        Attention("mid.attn_1", width);
        Block("mid.block_2", width, width);
        for (int level = mult.Length - 1; level >= 0; level--)
        {
            for (int block = 0; block <= blocks; block++)
            {
                int skipped = block == blocks ? ch * before[level] : ch * mult[level];
                Block($"up.{level}.block.{block}", width + skipped, ch * mult[level]);
                width = ch * mult[level];
                if (attention.Contains(current))
                    Attention($"up.{level}.attn.{block}", width);
            }

            if (level != 0)
            {
                Conv(names, $"up.{level}.upsample.conv", width, width, 3);
                current *= 2;
            }
        }

        Norm(names, "norm_out", width);
        Conv(names, "conv_out", width, outChannels, 3);
        return names;

        void Block(string at, int from, int to)
        {
            Norm(names, $"{at}.norm1", from);
            Conv(names, $"{at}.conv1", from, to, 3);
            Dense(names, $"{at}.temb_proj", temb, to);
            Norm(names, $"{at}.norm2", to);
            Conv(names, $"{at}.conv2", to, to, 3);
            if (from != to)
                Conv(names, $"{at}.nin_shortcut", from, to, 1);
        }

        void Attention(string at, int channels)
        {
            Norm(names, $"{at}.norm", channels);
            foreach (string layer in new[] { "q", "k", "v", "proj_out" })
                Conv(names, $"{at}.{layer}", channels, channels, 1);
        }
    }

    /// <summary>openai/improved-diffusion, unet.py, class UNetModel; its attention_resolutions are factors by which the image is halved.</summary>
    public static Dictionary<string, long[]> Improved(
        int ch, int[] mult, int blocks, int[] attentionFactors, bool scaleShift, int? classes, int inChannels, int outChannels)
    {
        Dictionary<string, long[]> names = [];
        int temb = 4 * ch;
        Dense(names, "time_embed.0", ch, temb);
        Dense(names, "time_embed.2", temb, temb);
        if (classes is int known)
            names["label_emb.weight"] = [known, temb];
        Conv(names, "input_blocks.0.0", inChannels, ch, 3);
        Stack<int> skips = new([ch]);
        int width = ch;
        int factor = 1;
        int stage = 1;
        for (int level = 0; level < mult.Length; level++)
        {
            for (int block = 0; block < blocks; block++)
            {
                Block($"input_blocks.{stage}.0", width, mult[level] * ch);
                width = mult[level] * ch;
                if (attentionFactors.Contains(factor))
                    Attention($"input_blocks.{stage}.1", width);
                skips.Push(width);
                stage++;
            }

            if (level != mult.Length - 1)
            {
                Conv(names, $"input_blocks.{stage}.0.op", width, width, 3);
                skips.Push(width);
                stage++;
                factor *= 2;
            }
        }

        Block("middle_block.0", width, width);
        Attention("middle_block.1", width);
        Block("middle_block.2", width, width);
        stage = 0;
        for (int level = mult.Length - 1; level >= 0; level--)
        {
            for (int block = 0; block <= blocks; block++)
            {
                int layer = 1;
                Block($"output_blocks.{stage}.0", width + skips.Pop(), mult[level] * ch);
                width = mult[level] * ch;
                if (attentionFactors.Contains(factor))
                    Attention($"output_blocks.{stage}.{layer++}", width);
                if (level > 0 && block == blocks)
                {
                    Conv(names, $"output_blocks.{stage}.{layer}.conv", width, width, 3);
                    factor /= 2;
                }

                stage++;
            }
        }

        Norm(names, "out.0", width);
        Conv(names, "out.2", ch, outChannels, 3);
        return names;

        void Block(string at, int from, int to)
        {
            Norm(names, $"{at}.in_layers.0", from);
            Conv(names, $"{at}.in_layers.2", from, to, 3);
            Dense(names, $"{at}.emb_layers.1", temb, scaleShift ? 2 * to : to);
            Norm(names, $"{at}.out_layers.0", to);
            Conv(names, $"{at}.out_layers.3", to, to, 3);
            if (from != to)
                Conv(names, $"{at}.skip_connection", from, to, 1);
        }

        void Attention(string at, int channels)
        {
            Norm(names, $"{at}.norm", channels);
            names[$"{at}.qkv.weight"] = [3 * channels, channels, 1];
            names[$"{at}.qkv.bias"] = [3 * channels];
            names[$"{at}.proj_out.weight"] = [channels, channels, 1];
            names[$"{at}.proj_out.bias"] = [channels];
        }
    }

    /// <summary>huggingface/diffusers, UNet2DModel, with the attention names of version 0.12 and newer, or those of before.</summary>
    public static Dictionary<string, long[]> Diffusers(int[] widths, bool[] attends, int layers, bool scaleShift, int? classes, int inChannels, int outChannels, bool old)
    {
        Dictionary<string, long[]> names = [];
        int temb = 4 * widths[0];
        Dense(names, "time_embedding.linear_1", widths[0], temb);
        Dense(names, "time_embedding.linear_2", temb, temb);
        if (classes is int known)
            names["class_embedding.weight"] = [known, temb];
        Conv(names, "conv_in", inChannels, widths[0], 3);
        for (int i = 0; i < widths.Length; i++)
        {
            for (int j = 0; j < layers; j++)
            {
                Block($"down_blocks.{i}.resnets.{j}", j == 0 ? widths[Math.Max(i - 1, 0)] : widths[i], widths[i]);
                if (attends[i])
                    Attention($"down_blocks.{i}.attentions.{j}", widths[i]);
            }

            if (i < widths.Length - 1)
                Conv(names, $"down_blocks.{i}.downsamplers.0.conv", widths[i], widths[i], 3);
        }

        Block("mid_block.resnets.0", widths[^1], widths[^1]);
        Attention("mid_block.attentions.0", widths[^1]);
        Block("mid_block.resnets.1", widths[^1], widths[^1]);
        int[] up = [.. widths.Reverse()];
        for (int i = 0; i < up.Length; i++)
        {
            for (int j = 0; j <= layers; j++)
            {
                int from = j == 0 ? up[Math.Max(i - 1, 0)] : up[i];
                int skipped = j == layers ? up[Math.Min(i + 1, up.Length - 1)] : up[i];
                Block($"up_blocks.{i}.resnets.{j}", from + skipped, up[i]);
                if (attends[up.Length - 1 - i])
                    Attention($"up_blocks.{i}.attentions.{j}", up[i]);
            }

            if (i < up.Length - 1)
                Conv(names, $"up_blocks.{i}.upsamplers.0.conv", up[i], up[i], 3);
        }

        Norm(names, "conv_norm_out", widths[0]);
        Conv(names, "conv_out", widths[0], outChannels, 3);
        return names;

        void Block(string at, int from, int to)
        {
            Norm(names, $"{at}.norm1", from);
            Conv(names, $"{at}.conv1", from, to, 3);
            Dense(names, $"{at}.time_emb_proj", temb, scaleShift ? 2 * to : to);
            Norm(names, $"{at}.norm2", to);
            Conv(names, $"{at}.conv2", to, to, 3);
            if (from != to)
                Conv(names, $"{at}.conv_shortcut", from, to, 1);
        }

        void Attention(string at, int channels)
        {
            Norm(names, $"{at}.group_norm", channels);
            foreach (string layer in old ? ["query", "key", "value", "proj_attn"] : new[] { "to_q", "to_k", "to_v", "to_out.0" })
                Dense(names, $"{at}.{layer}", channels, channels);
        }
    }

    private static void Conv(Dictionary<string, long[]> names, string at, int from, int to, int kernel)
    {
        names.Add($"{at}.weight", [to, from, kernel, kernel]);
        names.Add($"{at}.bias", [to]);
    }

    private static void Dense(Dictionary<string, long[]> names, string at, int from, int to)
    {
        names.Add($"{at}.weight", [to, from]);
        names.Add($"{at}.bias", [to]);
    }

    private static void Norm(Dictionary<string, long[]> names, string at, int channels)
    {
        names.Add($"{at}.weight", [channels]);
        names.Add($"{at}.bias", [channels]);
    }
}
