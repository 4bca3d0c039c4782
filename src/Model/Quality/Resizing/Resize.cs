using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality.Resizing;

/// <summary>A way to bring images to the size that a feature network takes: rows and columns one after the other, each by a matrix of weights.</summary>
public abstract record Resize
{
    /// <summary>Resizes images.</summary>
    /// <param name="images">(N, C, H, W) float32 or float64, any range.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <returns>(N, C, height, width) of the same type; weights below zero may leave the range. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">They are no images.</exception>
    public Tensor Apply(Tensor images, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (images.dim() != 4 || !images.is_floating_point())
            throw new ArgumentException($"Images must be (N, C, H, W) and floating-point; got ({string.Join(", ", images.shape)}) {images.dtype}.", nameof(images));
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = Matrix(images.shape[2], height, images);
        Tensor columns = Matrix(images.shape[3], width, images);
        return rows.matmul(images.matmul(columns.t())).MoveToOuterDisposeScope();
    }

    /// <summary>The weights that the pixels of a line have in one of the resized line.</summary>
    /// <param name="place">Which pixel of the resized line.</param>
    /// <param name="scale">Pixels of the line for one of the resized.</param>
    /// <param name="weights">One for each pixel of the line; zeros on entry.</param>
    protected abstract void Weigh(int place, double scale, Span<double> weights);

    /// <summary>Shares a pixel between the two beside its place, within the line.</summary>
    /// <param name="position">Where it lies, in pixels of the line.</param>
    /// <param name="weights">One for each pixel of the line.</param>
    protected static void Interpolate(double position, Span<double> weights)
    {
        int lower = Math.Min((int)position, weights.Length - 1);
        double share = position - lower;
        weights[lower] += 1 - share;
        weights[Math.Min(lower + 1, weights.Length - 1)] += share;
    }

    private Tensor Matrix(long from, int to, Tensor like)
    {
        double[] weights = new double[to * from];
        for (int place = 0; place < to; place++)
            Weigh(place, (double)from / to, weights.AsSpan((int)(place * from), (int)from));
        return tensor(weights, [to, from], dtype: like.dtype, device: like.device);
    }
}
