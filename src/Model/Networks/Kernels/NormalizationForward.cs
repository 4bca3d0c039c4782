using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Group normalisation, SiLU and dropout in one pass over each image, which stays in the cache meanwhile.</summary>
internal unsafe struct NormalizationForward
{
    /// <summary>Sizes.</summary>
    public NormalizationShape Shape;

    /// <summary>Input, (N, H W, C).</summary>
    public float* X;

    /// <summary>Output, as the input.</summary>
    public float* Y;

    /// <summary>Scale of each channel.</summary>
    public float* Gamma;

    /// <summary>Shift of each channel.</summary>
    public float* Beta;

    /// <summary>Takes mean and 1 / standard deviation of each group of each image, (N, 2, G).</summary>
    public float* Moments;

    /// <summary>Dropout; a threshold of 0 for none.</summary>
    public DropoutMask Mask;

    /// <summary>Row of the first image in the whole batch, for the mask.</summary>
    public int FirstRow;

    /// <summary>Does a range of images; the context is one of these.</summary>
    public static void Do(void* context, int first, int end)
    {
        NormalizationForward work = *(NormalizationForward*)context;
        ChannelCoefficients channels = new(work.Shape);
        ushort[] draws = new ushort[work.Shape.ChunkPixels * work.Shape.Channels + 2 * DropoutMask.PerBlock];
        for (int image = first; image < end; image++)
            work.Image(image, channels, draws);
    }

    private readonly void Image(int image, ChannelCoefficients channels, ushort[] draws)
    {
        float* x = X + (long)image * Shape.Elements;
        float* y = Y + (long)image * Shape.Elements;
        float* mean = Moments + (long)image * 2 * Shape.Groups;
        MeasureMoments(x, mean, channels);
        channels.Set(Gamma, Beta, mean);

        // Scale, shift, activate, drop.
        for (int pixel = 0; pixel < Shape.Pixels; pixel += Shape.ChunkPixels)
        {
            int pixels = Math.Min(Shape.ChunkPixels, Shape.Pixels - pixel);
            int offset = pixel * Shape.Channels;
            int skipped = Mask.Threshold > 0 ? DrawnElements.Draw(Mask, ((long)(FirstRow + image) * Shape.Elements) + offset, pixels * Shape.Channels, draws) : 0;
            fixed (ushort* drawn = draws)
            {
                for (int channel = 0; channel < Shape.Channels; channel += NormalizationShape.Lanes)
                {
                    Vector512<float> scale = Vector512.Load(channels.Scale + channel), shift = Vector512.Load(channels.Shift + channel);
                    for (int i = channel; i < pixels * Shape.Channels; i += Shape.Channels)
                    {
                        Vector512<float> z = Vector512.FusedMultiplyAdd(Vector512.Load(x + offset + i), scale, shift);
                        if (Shape.Activates)
                            z *= Sigmoid.Of(z);
                        if (Mask.Threshold > 0)
                            z *= DrawnElements.Factors(drawn + skipped + i, Mask);
                        z.Store(y + offset + i);
                    }
                }
            }
        }
    }

    private readonly void MeasureMoments(float* x, float* mean, ChannelCoefficients channels)
    {
        // The means first, then the squares of what is left: one pass with x^2 would cancel.
        channels.Clear();
        for (int pixel = 0; pixel < Shape.Pixels; pixel += Shape.ChunkPixels)
        {
            int pixels = Math.Min(Shape.ChunkPixels, Shape.Pixels - pixel);
            float* chunk = x + (long)pixel * Shape.Channels;
            for (int channel = 0; channel < Shape.Channels; channel += NormalizationShape.Lanes)
            {
                Vector512<float> sum = Vector512<float>.Zero;
                for (int i = channel; i < pixels * Shape.Channels; i += Shape.Channels)
                    sum += Vector512.Load(chunk + i);
                channels.AddFirst(channel, sum);
            }
        }

        double count = (double)Shape.Pixels * Shape.ChannelsPerGroup;
        for (int group = 0; group < Shape.Groups; group++)
            mean[group] = (float)(channels.FirstOf(group) / count);
        channels.SpreadToShift(mean);

        for (int pixel = 0; pixel < Shape.Pixels; pixel += Shape.ChunkPixels)
        {
            int pixels = Math.Min(Shape.ChunkPixels, Shape.Pixels - pixel);
            float* chunk = x + (long)pixel * Shape.Channels;
            for (int channel = 0; channel < Shape.Channels; channel += NormalizationShape.Lanes)
            {
                Vector512<float> middle = Vector512.Load(channels.Shift + channel), sum = Vector512<float>.Zero;
                for (int i = channel; i < pixels * Shape.Channels; i += Shape.Channels)
                {
                    Vector512<float> left = Vector512.Load(chunk + i) - middle;
                    sum = Vector512.FusedMultiplyAdd(left, left, sum);
                }

                channels.AddSecond(channel, sum);
            }
        }

        float* inverse = mean + Shape.Groups;
        for (int group = 0; group < Shape.Groups; group++)
            inverse[group] = (float)(1 / Math.Sqrt(channels.SecondOf(group) / count + Shape.Epsilon));
    }
}
