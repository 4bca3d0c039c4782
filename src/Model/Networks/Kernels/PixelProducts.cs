using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The products of a 1 × 1 convolution over pixels with the channels last: forward, and the gradients of the input and of the weights.</summary>
internal unsafe struct PixelProducts
{
    /// <summary>Pixels that are worked on at once.</summary>
    public const int Block = 64;

    // So many pixels are added up in single precision before the sum goes to double.
    private const int Summed = 256;

    /// <summary>Pixels of all images.</summary>
    public int Pixels;

    /// <summary>Channels of the input, a multiple of 16.</summary>
    public int In;

    /// <summary>Channels of the output, a multiple of 16.</summary>
    public int Out;

    /// <summary>Input, (pixels, In); of the gradient of the input, where it goes.</summary>
    public float* X;

    /// <summary>Output, (pixels, Out), or its gradient.</summary>
    public float* Y;

    /// <summary>The weights, (Out, In).</summary>
    public float* Weights;

    /// <summary>The same in <see cref="Kernels.Panels"/>: (In, Out) forward, (Out, In) for the gradient of the input.</summary>
    public float* Packed;

    /// <summary>What each output begins with, (Out,).</summary>
    public float* Bias;

    /// <summary>Takes the gradient of the weights, (Out, In).</summary>
    public float* WeightGradient;

    /// <summary>Takes the gradient of the bias, (Out,).</summary>
    public float* BiasGradient;

    /// <summary>Blocks of pixels.</summary>
    public readonly int Blocks => (Pixels + Block - 1) / Block;

    /// <summary>Packs the weights for the outputs, all at once; the context is one of these.</summary>
    public static void PackForward<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        PixelProducts work = *(PixelProducts*)context;
        Panels.PackTransposed<TLanes>(work.Weights, work.In, work.Out, work.Packed);
    }

    /// <summary>Packs the weights for the gradient of the input, all at once; the context is one of these.</summary>
    public static void PackBackward<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        PixelProducts work = *(PixelProducts*)context;
        Panels.Pack<TLanes>(work.Weights, work.Out, work.In, work.Packed);
    }

    /// <summary>y = x wᵀ + b for a range of blocks; the context is one of these.</summary>
    public static void Forward<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        PixelProducts work = *(PixelProducts*)context;
        for (int block = first; block < end; block++)
        {
            long pixel = (long)block * Block;
            int rows = (int)Math.Min(Block, work.Pixels - pixel);
            float* y = work.Y + pixel * work.Out;
            for (int row = 0; row < rows; row++)
                new ReadOnlySpan<float>(work.Bias, work.Out).CopyTo(new Span<float>(y + (long)row * work.Out, work.Out));
            Panels.Multiply<TLanes>(work.X + pixel * work.In, work.In, 1, work.Packed, work.In, y, rows, work.Out, adds: true);
        }
    }

    /// <summary>dx = dy w for a range of blocks; the context is one of these.</summary>
    public static void BackwardInput<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        PixelProducts work = *(PixelProducts*)context;
        for (int block = first; block < end; block++)
        {
            long pixel = (long)block * Block;
            int rows = (int)Math.Min(Block, work.Pixels - pixel);
            Panels.Multiply<TLanes>(work.Y + pixel * work.Out, work.Out, 1, work.Packed, work.Out, work.X + pixel * work.In, rows, work.In, adds: false);
        }
    }

    /// <summary>dw = dyᵀ x and the sums of dy for a range of sixteen channels of the output each; the context is one of these.</summary>
    public static void BackwardWeights<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        PixelProducts work = *(PixelProducts*)context;
        (int channel, int channels) = (first * Vectors.Lanes, (end - first) * Vectors.Lanes);
        float* panels = Vectors.Room(Summed * Panels.Whole(work.In));
        double* sums = (double*)NativeMemory.AllocZeroed((nuint)channels, sizeof(double));
        for (int pixel = 0; pixel < work.Pixels; pixel += Summed)
        {
            int depth = Math.Min(Summed, work.Pixels - pixel);
            float* dy = work.Y + (long)pixel * work.Out + channel;
            Panels.Pack<TLanes>(work.X + (long)pixel * work.In, depth, work.In, panels);
            Panels.Multiply<TLanes>(dy, 1, work.Out, panels, depth, work.WeightGradient + (long)channel * work.In, channels, work.In, adds: pixel > 0);
            AddUp<TLanes>(dy, work.Out, depth, sums, channels);
        }

        for (int i = 0; i < channels; i++)
            work.BiasGradient[channel + i] = (float)sums[i];
        NativeMemory.Free(sums);
        NativeMemory.AlignedFree(panels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddUp<TLanes>(float* dy, int stride, int rows, double* sums, int channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (int channel = 0; channel < channels; channel += TLanes.Count)
        {
            TLanes sum = TLanes.Of(0);
            for (int row = 0; row < rows; row++)
                sum += TLanes.Load(dy + (long)row * stride + channel);
            sum.AddTo(sums + channel);
        }
    }
}
