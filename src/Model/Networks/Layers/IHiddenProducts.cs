namespace DdpmJobs.Model.Networks.Layers;

/// <summary>A layer that multiplies activations with each other, which its parameters do not show.</summary>
internal interface IHiddenProducts
{
    /// <summary>Multiplications, each with an addition, of one image beyond those with parameters.</summary>
    /// <param name="shape">Shape of the layer's output, (1, C, H, W).</param>
    long Products(IReadOnlyList<long> shape);

    /// <summary>Of self-attention over pixels: every query with every key, and every weight with every value.</summary>
    static long OfAttention(IReadOnlyList<long> shape)
    {
        long pixels = shape[2] * shape[3];
        return 2 * shape[1] * pixels * pixels;
    }
}
