using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>The weights in <see cref="Kernels.Panels"/>: (In, Out) forward, (Out, In) for the gradient of the input.</summary>
    public float* Weights;

    /// <summary>What each output begins with, (Out,).</summary>
    public float* Bias;

    /// <summary>Takes the gradient of the weights, (Out, In).</summary>
    public float* WeightGradient;

    /// <summary>Takes the gradient of the bias, (Out,).</summary>
    public float* BiasGradient;

    /// <summary>Blocks of pixels.</summary>
    public readonly int Blocks => (Pixels + Block - 1) / Block;

    /// <summary>y = x wᵀ + b for a range of blocks; the context is one of these.</summary>
    public static void Forward(void* context, int first, int end)
    {
        PixelProducts work = *(PixelProducts*)context;
        for (int block = first; block < end; block++)
        {
            long pixel = (long)block * Block;
            int rows = (int)Math.Min(Block, work.Pixels - pixel);
            float* y = work.Y + pixel * work.Out;
            for (int row = 0; row < rows; row++)
                new ReadOnlySpan<float>(work.Bias, work.Out).CopyTo(new Span<float>(y + (long)row * work.Out, work.Out));
            Panels.Multiply(work.X + pixel * work.In, work.In, 1, work.Weights, work.In, y, rows, work.Out, adds: true);
        }
    }

    /// <summary>dx = dy w for a range of blocks; the context is one of these.</summary>
    public static void BackwardInput(void* context, int first, int end)
    {
        PixelProducts work = *(PixelProducts*)context;
        for (int block = first; block < end; block++)
        {
            long pixel = (long)block * Block;
            int rows = (int)Math.Min(Block, work.Pixels - pixel);
            Panels.Multiply(work.Y + pixel * work.Out, work.Out, 1, work.Weights, work.Out, work.X + pixel * work.In, rows, work.In, adds: false);
        }
    }

    /// <summary>dw = dyᵀ x and the sums of dy for a range of sixteen channels of the output each; the context is one of these.</summary>
    public static void BackwardWeights(void* context, int first, int end)
    {
        PixelProducts work = *(PixelProducts*)context;
        (int channel, int channels) = (first * Vectors.Lanes, (end - first) * Vectors.Lanes);
        float* panels = (float*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc((nuint)(Summed * Panels.Whole(work.In)) * sizeof(float), 64);
        double[] sums = new double[channels];
        for (int pixel = 0; pixel < work.Pixels; pixel += Summed)
        {
            int depth = Math.Min(Summed, work.Pixels - pixel);
            float* dy = work.Y + (long)pixel * work.Out + channel;
            Panels.Pack(work.X + (long)pixel * work.In, depth, work.In, panels);
            Panels.Multiply(dy, 1, work.Out, panels, depth, work.WeightGradient + (long)channel * work.In, channels, work.In, adds: pixel > 0);
            AddUp(dy, work.Out, depth, sums);
        }

        for (int i = 0; i < channels; i++)
            work.BiasGradient[channel + i] = (float)sums[i];
        System.Runtime.InteropServices.NativeMemory.AlignedFree(panels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddUp(float* dy, int stride, int rows, double[] sums)
    {
        for (int channel = 0; channel < sums.Length; channel += Vectors.Lanes)
        {
            Vector512<float> sum = Vector512<float>.Zero;
            for (int row = 0; row < rows; row++)
                sum += Vector512.Load(dy + (long)row * stride + channel);
            for (int lane = 0; lane < Vectors.Lanes; lane++)
                sums[channel + lane] += sum[lane];
        }
    }
}
