using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    public static void Do<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        AttentionForward work = *(AttentionForward*)context;
        AttentionShape shape = work.Shape;
        float* room = Vectors.Room(shape.ByPixels + shape.ByChannels + AttentionShape.Block * shape.Stride);
        for (int image = first; image < end; image++)
            work.Image<TLanes>(image, room, room + shape.ByPixels, room + shape.ByPixels + shape.ByChannels);
        NativeMemory.AlignedFree(room);
    }

    private readonly void Image<TLanes>(int image, float* keys, float* values, float* weights)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        long start = (long)image * Shape.Elements;
        Panels.PackTransposed<TLanes>(K + start, Shape.Channels, Shape.Pixels, keys);
        Panels.Pack<TLanes>(V + start, Shape.Pixels, Shape.Channels, values);
        for (int first = 0; first < Shape.Pixels; first += AttentionShape.Block)
        {
            int rows = Math.Min(AttentionShape.Block, Shape.Pixels - first);
            float* y = Y + start + (long)first * Shape.Channels;
            Panels.Multiply<TLanes>(Q + start + (long)first * Shape.Channels, Shape.Channels, 1, keys, Shape.Channels, weights, rows, Shape.Stride, adds: false);
            float* moments = Moments + 2 * ((long)image * Shape.Pixels + first);
            for (int row = 0; row < rows; row++)
                (moments[2 * row], moments[2 * row + 1]) = Exponentiate<TLanes>(weights + (long)row * Shape.Stride);
            Panels.Multiply<TLanes>(weights, Shape.Stride, 1, values, Shape.Pixels, y, rows, Shape.Channels, adds: false);
            for (int row = 0; row < rows; row++)
                Multiply<TLanes>(y + (long)row * Shape.Channels, Shape.Channels, moments[2 * row + 1]);
        }
    }

    // Products become e^(scale product - the largest); the filling counts as an infinitely small product.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly (float Largest, float Share) Exponentiate<TLanes>(float* products)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        new Span<float>(products + Shape.Pixels, Shape.Stride - Shape.Pixels).Fill(float.NegativeInfinity);
        TLanes scale = TLanes.Of(Shape.Scale);
        TLanes most = TLanes.Of(float.NegativeInfinity);
        for (int i = 0; i < Shape.Stride; i += TLanes.Count)
            most = TLanes.Larger(most, TLanes.Load(products + i) * scale);
        float largest = most.Most();

        TLanes sums = TLanes.Of(0);
        for (int i = 0; i < Shape.Stride; i += TLanes.Count)
        {
            TLanes e = Exponential.Of(TLanes.MultiplyAdd(TLanes.Load(products + i), scale, TLanes.Of(-largest)));
            e.Store(products + i);
            sums += e;
        }

        return (largest, 1 / sums.Sum());
    }

    private static void Multiply<TLanes>(float* numbers, int count, float by)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes factor = TLanes.Of(by);
        for (int i = 0; i < count; i += TLanes.Count)
            (TLanes.Load(numbers + i) * factor).Store(numbers + i);
    }
}
