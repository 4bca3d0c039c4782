namespace DdpmJobs.Model.Exchange;

/// <summary>The names within the layers of diffusers' U-Net, which all of our networks there share.</summary>
/// <remarks>huggingface/diffusers, models/resnet.py and models/attention_processor.py; before version 0.12 attention had other names, which are read too.</remarks>
internal static class DiffusersLayers
{
    private static readonly Dictionary<string, string[]> InAttention = new(StringComparer.Ordinal)
    {
        ["norm"] = ["group_norm"],
        ["q"] = ["to_q", "query"],
        ["k"] = ["to_k", "key"],
        ["v"] = ["to_v", "value"],
        ["proj_out"] = ["to_out.0", "proj_attn"],
    };

    /// <summary>A tensor that holds the whole parameter.</summary>
    public static IReadOnlyList<TensorPart> Whole(string name, IReadOnlyList<long> shape) => [new TensorPart([name], shape)];

    /// <summary>A tensor of a self-attention, whose projections are dense layers there.</summary>
    /// <param name="attention">Where the attention is.</param>
    /// <param name="layer">norm, q, k, v or proj_out.</param>
    /// <param name="kind">weight or bias.</param>
    /// <param name="shape">Our shape, of the same number of elements.</param>
    public static TensorPart Attention(string attention, string layer, string kind, IReadOnlyList<long> shape) =>
        new([.. InAttention[layer].Select(name => $"{attention}.{name}.{kind}")], [.. shape.Take(2)]);

    /// <summary>The embedding of labels; its last row is that of an image without a label where the network knows of such.</summary>
    public static IReadOnlyList<TensorPart> Labels(IReadOnlyList<long> shape, bool knowsNoLabel)
    {
        long more = knowsNoLabel ? 1 : 0;
        return [new TensorPart(["class_embedding.weight"], [shape[0] + more, .. shape.Skip(1)]) { MoreRows = more }];
    }
}
