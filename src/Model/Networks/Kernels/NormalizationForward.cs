using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Group normalisation, SiLU and dropout in one pass over each image, which stays in the cache meanwhile.</summary>
internal unsafe struct NormalizationForward
{
    /// <summary>Sizes.</summary>
    public NormalizationShape Shape;

    /// <summary>Input, (N, H W, C).</summary>
    public float* X;

    /// <summary>What is added to every pixel before all else, (N, C); null for nothing.</summary>
    public float* Added;

    /// <summary>Output, as the input.</summary>
    public float* Y;

    /// <summary>Scale of each channel, (C,), or of each image's channels, (N, C).</summary>
    public float* Gamma;

    /// <summary>Shift of each channel, as the scale.</summary>
    public float* Beta;

    /// <summary>Whether scale and shift are each image's own.</summary>
    public bool IsPerImage;

    /// <summary>Takes mean and 1 / standard deviation of each group of each image, (N, 2, G).</summary>
    public double* Moments;

    /// <summary>Dropout; a threshold of 0 for none.</summary>
    public DropoutMask Mask;

    /// <summary>Does a range of images; the context is one of these.</summary>
    public static void Do<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        NormalizationForward work = *(NormalizationForward*)context;
        ChannelCoefficients channels = new(work.Shape);
        ushort[] draws = new ushort[DropoutMask.RoomFor(work.Shape.ChunkPixels * work.Shape.Channels)];
        for (int image = first; image < end; image++)
            work.Image<TLanes>(image, channels, draws);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Image<TLanes>(int image, ChannelCoefficients channels, ushort[] draws)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float* x = X + (long)image * Shape.Elements;
        float* y = Y + (long)image * Shape.Elements;
        double* moments = Moments + (long)image * 2 * Shape.Groups;
        float* added = AddedTo(image);
        MeasureMoments<TLanes>(x, added, moments, channels);
        channels.Set(GammaOf(image), BetaOf(image), moments, added);
        long firstElement = (Mask.FirstRow + image) * Shape.Elements;
        for (int pixel = 0; pixel < Shape.Pixels; pixel += Shape.ChunkPixels)
        {
            int offset = pixel * Shape.Channels;
            int count = Math.Min(Shape.ChunkPixels, Shape.Pixels - pixel) * Shape.Channels;
            Normalize<TLanes>(x + offset, y + offset, count, channels);
            if (Mask.Threshold > 0)
                Mask.Drop<TLanes>(firstElement + offset, y + offset, count, draws);
        }
    }

    /// <summary>The scale of an image's channels, (C,).</summary>
    public readonly float* GammaOf(int image) => IsPerImage ? Gamma + (long)image * Shape.Channels : Gamma;

    /// <summary>The shift of an image's channels, (C,).</summary>
    public readonly float* BetaOf(int image) => IsPerImage ? Beta + (long)image * Shape.Channels : Beta;

    /// <summary>What is added to the pixels of an image, (C,); null for nothing.</summary>
    public readonly float* AddedTo(int image) => Added == null ? null : Added + (long)image * Shape.Channels;

    // Scale, shift, activate.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Normalize<TLanes>(float* x, float* y, int count, ChannelCoefficients channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Shape.Channels;
        bool activates = Shape.Activates;
        float* scales = channels.Scale, shifts = channels.Shift, means = channels.Mean;
        for (int channel = 0; channel < stride; channel += TLanes.Count)
        {
            TLanes scale = TLanes.Load(scales + channel), shift = TLanes.Load(shifts + channel), mean = TLanes.Load(means + channel);
            for (int i = channel; i < count; i += stride)
            {
                TLanes z = TLanes.MultiplyAdd(TLanes.Load(x + i) - mean, scale, shift);
                (activates ? z * Sigmoid.Of(z) : z).Store(y + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void MeasureMoments<TLanes>(float* x, float* added, double* moments, ChannelCoefficients channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // The means first, then the squares of what is left: one pass with x^2 would cancel.
        double count = (double)Shape.Pixels * Shape.ChannelsPerGroup;
        channels.Clear();
        for (int group = 0; group < Shape.Groups; group++)
            moments[group] = 0;
        channels.SpreadToMean(moments, added);
        AddUp<TLanes>(x, channels, squares: false);
        for (int group = 0; group < Shape.Groups; group++)
            moments[group] = channels.FirstOf(group) / count;
        channels.SpreadToMean(moments, added);
        AddUp<TLanes>(x, channels, squares: true);
        for (int group = 0; group < Shape.Groups; group++)
            moments[Shape.Groups + group] = 1 / Math.Sqrt(channels.SecondOf(group) / count + Shape.Epsilon);
    }

    // Adds up each channel's numbers, or the squares of what is left of them without their group's mean; four sums at once, since each waits for its last addition.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddUp<TLanes>(float* x, ChannelCoefficients channels, bool squares)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Shape.Channels;
        float* means = channels.Mean;
        for (int pixel = 0; pixel < Shape.Pixels; pixel += Shape.ChunkPixels)
        {
            float* chunk = x + (long)pixel * stride;
            int count = Math.Min(Shape.ChunkPixels, Shape.Pixels - pixel) * stride;
            for (int channel = 0; channel < stride; channel += TLanes.Count)
            {
                TLanes mean = TLanes.Load(means + channel);
                TLanes sum0 = TLanes.Of(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
                int i = channel;
                for (; i + 3 * stride < count; i += 4 * stride)
                {
                    sum0 = Add(sum0, chunk + i, mean, squares);
                    sum1 = Add(sum1, chunk + i + stride, mean, squares);
                    sum2 = Add(sum2, chunk + i + 2 * stride, mean, squares);
                    sum3 = Add(sum3, chunk + i + 3 * stride, mean, squares);
                }

                for (; i < count; i += stride)
                    sum0 = Add(sum0, chunk + i, mean, squares);
                TLanes sum = (sum0 + sum1) + (sum2 + sum3);
                if (squares)
                    channels.AddSecond(channel, sum);
                else
                    channels.AddFirst(channel, sum);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Add<TLanes>(TLanes sum, float* numbers, TLanes mean, bool squares)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes left = TLanes.Load(numbers) - mean;
        return squares ? TLanes.MultiplyAdd(left, left, sum) : sum + left;
    }
}
