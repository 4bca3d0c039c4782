using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>softmax(scale q kᵀ) v, some queries at a time, so that their weights never leave the cache.</summary>
internal unsafe struct AttentionForward
{
    /// <summary>Sizes.</summary>
    public AttentionShape Shape;

    /// <summary>Queries, (N, T, C).</summary>
    public float* Q;

    /// <summary>Keys, (N, T, C).</summary>
    public float* K;

    /// <summary>Values, (N, T, C).</summary>
    public float* V;

    /// <summary>Takes the result, (N, T, C).</summary>
    public float* Y;

    /// <summary>Takes each query's largest product, scaled, and 1 / the sum of its exponentials, (N, T, 2): not the logarithm of that sum, which would lose digits of large products.</summary>
    public float* Moments;

    /// <summary>Does a range of images; the context is one of these.</summary>
    public static void Do(void* context, int first, int end)
    {
        AttentionForward work = *(AttentionForward*)context;
        AttentionShape shape = work.Shape;
        float* room = (float*)NativeMemory.AlignedAlloc((nuint)(shape.ByPixels + shape.ByChannels + AttentionShape.Block * shape.Stride) * sizeof(float), 64);
        for (int image = first; image < end; image++)
            work.Image(image, room, room + shape.ByPixels, room + shape.ByPixels + shape.ByChannels);
        NativeMemory.AlignedFree(room);
    }

    private readonly void Image(int image, float* keys, float* values, float* weights)
    {
        long start = (long)image * Shape.Elements;
        Panels.PackTransposed(K + start, Shape.Channels, Shape.Pixels, keys);
        Panels.Pack(V + start, Shape.Pixels, Shape.Channels, values);
        for (int first = 0; first < Shape.Pixels; first += AttentionShape.Block)
        {
            int rows = Math.Min(AttentionShape.Block, Shape.Pixels - first);
            float* y = Y + start + (long)first * Shape.Channels;
            Panels.Multiply(Q + start + (long)first * Shape.Channels, Shape.Channels, 1, keys, Shape.Channels, weights, rows, Shape.Stride, adds: false);
            float* moments = Moments + 2 * ((long)image * Shape.Pixels + first);
            for (int row = 0; row < rows; row++)
                (moments[2 * row], moments[2 * row + 1]) = Exponentiate(weights + (long)row * Shape.Stride);
            Panels.Multiply(weights, Shape.Stride, 1, values, Shape.Pixels, y, rows, Shape.Channels, adds: false);
            for (int row = 0; row < rows; row++)
                Multiply(y + (long)row * Shape.Channels, Shape.Channels, moments[2 * row + 1]);
        }
    }

    // Products become e^(scale product - the largest); the filling counts as an infinitely small product.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly (float Largest, float Share) Exponentiate(float* products)
    {
        new Span<float>(products + Shape.Pixels, Shape.Stride - Shape.Pixels).Fill(float.NegativeInfinity);
        Vector512<float> scale = Vector512.Create(Shape.Scale);
        Vector512<float> most = Vector512.Create(float.NegativeInfinity);
        for (int i = 0; i < Shape.Stride; i += Vectors.Lanes)
            most = Vector512.MaxNative(most, Vector512.Load(products + i) * scale);
        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < Vectors.Lanes; lane++)
            largest = MathF.Max(largest, most[lane]);

        Vector512<float> sums = Vector512<float>.Zero;
        for (int i = 0; i < Shape.Stride; i += Vectors.Lanes)
        {
            Vector512<float> e = Exponential.Of(Vector512.FusedMultiplyAdd(Vector512.Load(products + i), scale, Vector512.Create(-largest)));
            e.Store(products + i);
            sums += e;
        }

        return (largest, 1 / Vector512.Sum(sums));
    }

    private static void Multiply(float* numbers, int count, float by)
    {
        Vector512<float> factor = Vector512.Create(by);
        for (int i = 0; i < count; i += Vectors.Lanes)
            (Vector512.Load(numbers + i) * factor).Store(numbers + i);
    }
}
