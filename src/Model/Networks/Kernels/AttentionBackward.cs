using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The gradients of <see cref="AttentionForward"/>, which keeps nothing but its inputs and two numbers a query: the weights are computed again.</summary>
/// <remarks>As in T. Dao et al., "FlashAttention" (2022), algorithm 4, on a CPU's cache.</remarks>
internal unsafe struct AttentionBackward
{
    /// <summary>What was done forward; its output is not looked at.</summary>
    public AttentionForward Forward;

    /// <summary>Gradient of the output, (N, T, C).</summary>
    public float* OutputGradient;

    /// <summary>Takes the gradient of the queries, (N, T, C).</summary>
    public float* QueryGradient;

    /// <summary>Takes the gradient of the keys, (N, T, C).</summary>
    public float* KeyGradient;

    /// <summary>Takes the gradient of the values, (N, T, C).</summary>
    public float* ValueGradient;

    /// <summary>Does a range of images; the context is one of these.</summary>
    public static void Do<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        AttentionBackward work = *(AttentionBackward*)context;
        AttentionShape shape = work.Forward.Shape;
        int block = AttentionShape.Block * shape.Stride, rows = AttentionShape.Block * Panels.Whole(shape.Channels);
        float* room = Vectors.Room(2 * shape.ByPixels + shape.ByChannels + 2 * block + 2 * rows);
        float* keysTurned = room, valuesTurned = keysTurned + shape.ByPixels, keys = valuesTurned + shape.ByPixels;
        float* weights = keys + shape.ByChannels, gradients = weights + block, queries = gradients + block, outputs = queries + rows;
        for (int image = first; image < end; image++)
        {
            long start = (long)image * shape.Elements;
            Panels.PackTransposed<TLanes>(work.Forward.K + start, shape.Channels, shape.Pixels, keysTurned);
            Panels.PackTransposed<TLanes>(work.Forward.V + start, shape.Channels, shape.Pixels, valuesTurned);
            Panels.Pack<TLanes>(work.Forward.K + start, shape.Pixels, shape.Channels, keys);
            for (int query = 0; query < shape.Pixels; query += AttentionShape.Block)
                work.Queries<TLanes>(image, query, keysTurned, valuesTurned, keys, weights, gradients, queries, outputs);
        }

        NativeMemory.AlignedFree(room);
    }

    private readonly void Queries<TLanes>(
        int image, int first, float* keysTurned, float* valuesTurned, float* keys, float* weights, float* gradients, float* queries, float* outputs)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        AttentionShape shape = Forward.Shape;
        (int pixels, int channels, int stride) = (shape.Pixels, shape.Channels, shape.Stride);
        int rows = Math.Min(AttentionShape.Block, pixels - first);
        long start = (long)image * shape.Elements, here = start + (long)first * channels;

        // The weights again, and their gradients dy vᵀ; from both, those of the products.
        Panels.Multiply<TLanes>(Forward.Q + here, channels, 1, keysTurned, channels, weights, rows, stride, adds: false);
        Panels.Multiply<TLanes>(OutputGradient + here, channels, 1, valuesTurned, channels, gradients, rows, stride, adds: false);
        for (int row = 0; row < rows; row++)
            ThroughSoftmax<TLanes>(weights + (long)row * stride, gradients + (long)row * stride, Forward.Moments + 2 * ((long)image * pixels + first + row));

        Panels.Multiply<TLanes>(gradients, stride, 1, keys, pixels, QueryGradient + here, rows, channels, adds: false);
        Panels.Pack<TLanes>(Forward.Q + here, rows, channels, queries);
        Panels.Multiply<TLanes>(gradients, 1, stride, queries, rows, KeyGradient + start, pixels, channels, adds: first > 0);
        Panels.Pack<TLanes>(OutputGradient + here, rows, channels, outputs);
        Panels.Multiply<TLanes>(weights, 1, stride, outputs, rows, ValueGradient + start, pixels, channels, adds: first > 0);
    }

    // w = e^(scale product - the largest) / sum; the gradient of a product is scale w (dw - the sum of w dw). The filling has dw = 0, and nobody reads what it gets.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void ThroughSoftmax<TLanes>(float* weights, float* gradients, float* moments)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Forward.Shape.Stride;
        TLanes scale = TLanes.Of(Forward.Shape.Scale), less = TLanes.Of(-moments[0]), share = TLanes.Of(moments[1]);
        TLanes sums = TLanes.Of(0);
        for (int i = 0; i < stride; i += TLanes.Count)
        {
            TLanes w = share * Exponential.Of(TLanes.MultiplyAdd(TLanes.Load(weights + i), scale, less));
            w.Store(weights + i);
            sums = TLanes.MultiplyAdd(w, TLanes.Load(gradients + i), sums);
        }

        TLanes mean = TLanes.Of(sums.Sum());
        for (int i = 0; i < stride; i += TLanes.Count)
            (TLanes.Load(weights + i) * scale * (TLanes.Load(gradients + i) - mean)).Store(gradients + i);
    }
}
