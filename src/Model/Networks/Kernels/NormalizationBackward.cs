using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The gradient of <see cref="NormalizationForward"/>, which keeps nothing but its input and the moments: the rest is computed again on the way.</summary>
internal unsafe struct NormalizationBackward
{
    /// <summary>What was done forward; its output is not looked at.</summary>
    public NormalizationForward Forward;

    /// <summary>Gradient of the output, (N, H W, C).</summary>
    public float* OutputGradient;

    /// <summary>Takes the gradient of the input, as the input.</summary>
    public float* InputGradient;

    /// <summary>Takes each image's part of the gradients of scale and shift, (N, 2, C).</summary>
    public double* ParameterGradients;

    /// <summary>Takes the gradient of what was added, (N, C); null where nothing was.</summary>
    public float* AddedGradient;

    /// <summary>Does a range of images; the context is one of these.</summary>
    public static void Do<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        NormalizationBackward work = *(NormalizationBackward*)context;
        NormalizationShape shape = work.Forward.Shape;
        ChannelCoefficients channels = new(shape);
        ushort[] draws = new ushort[DropoutMask.RoomFor(shape.ChunkPixels * shape.Channels)];
        for (int image = first; image < end; image++)
        {
            work.ThroughActivation<TLanes>(image, channels, draws);
            work.ThroughNormalization<TLanes>(image, channels);
        }
    }

    // dz, the gradient before the activation, goes where the input's gradient will be; its sums with and without the normalised input are each channel's.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void ThroughActivation<TLanes>(int image, ChannelCoefficients channels, ushort[] draws)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        NormalizationShape shape = Forward.Shape;
        long start = (long)image * shape.Elements;
        long firstElement = (Forward.Mask.FirstRow + image) * shape.Elements;
        channels.Set(Forward.GammaOf(image), Forward.BetaOf(image), Forward.Moments + (long)image * 2 * shape.Groups, Forward.AddedTo(image));
        channels.Clear();
        for (int pixel = 0; pixel < shape.Pixels; pixel += shape.ChunkPixels)
        {
            long offset = (long)pixel * shape.Channels;
            int count = Math.Min(shape.ChunkPixels, shape.Pixels - pixel) * shape.Channels;
            float* dy = OutputGradient + start + offset, dz = InputGradient + start + offset;
            if (Forward.Mask.Threshold > 0)
            {
                new ReadOnlySpan<float>(dy, count).CopyTo(new Span<float>(dz, count));
                dy = dz;
                Forward.Mask.Drop<TLanes>(firstElement + offset, dz, count, draws);
            }

            Differentiate<TLanes>(Forward.X + start + offset, dy, dz, count, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Differentiate<TLanes>(float* x, float* dy, float* dz, int count, ChannelCoefficients channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Forward.Shape.Channels;
        bool activates = Forward.Shape.Activates;
        for (int channel = 0; channel < stride; channel += TLanes.Count)
        {
            TLanes scale = TLanes.Load(channels.Scale + channel), shift = TLanes.Load(channels.Shift + channel);
            TLanes mean = TLanes.Load(channels.Mean + channel), inverse = TLanes.Load(channels.Inverse + channel);
            TLanes sum = TLanes.Of(0), product = sum;
            for (int i = channel; i < count; i += stride)
            {
                TLanes input = TLanes.Load(x + i) - mean;
                TLanes gradient = TLanes.Load(dy + i);
                if (activates)
                {
                    // d silu(z) / dz = s (1 + z (1 - s)), s the logistic function of z
                    TLanes z = TLanes.MultiplyAdd(input, scale, shift);
                    TLanes s = Sigmoid.Of(z);
                    gradient *= s * TLanes.MultiplyAdd(z, TLanes.Of(1) - s, TLanes.Of(1));
                }

                gradient.Store(dz + i);
                sum += gradient;
                product = TLanes.MultiplyAdd(gradient, input * inverse, product);
            }

            channels.AddFirst(channel, sum);
            channels.AddSecond(channel, product);
        }
    }

    // dx = (gamma dz - mean(gamma dz) - x^ mean(gamma dz x^)) / sigma, the means over the group; that is a dz + b x + c with three numbers a channel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void ThroughNormalization<TLanes>(int image, ChannelCoefficients channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        NormalizationShape shape = Forward.Shape;
        float* x = Forward.X + (long)image * shape.Elements;
        float* dx = InputGradient + (long)image * shape.Elements;
        double* parameters = ParameterGradients + (long)image * 2 * shape.Channels;
        float* gamma = Forward.GammaOf(image);
        double count = (double)shape.Pixels * shape.ChannelsPerGroup;
        for (int first = 0; first < shape.Channels; first += shape.ChannelsPerGroup)
        {
            double mean = 0, product = 0;
            for (int channel = first; channel < first + shape.ChannelsPerGroup; channel++)
            {
                parameters[channel] = channels.Second(channel);
                parameters[shape.Channels + channel] = channels.First(channel);
                mean += gamma[channel] * channels.First(channel);
                product += gamma[channel] * channels.Second(channel);
            }

            for (int channel = first; channel < first + shape.ChannelsPerGroup; channel++)
            {
                double inverse = channels.Inverse[channel];
                double slope = -inverse * inverse * product / count;
                channels.Shift[channel] = (float)(-inverse * mean / count - slope * channels.Mean[channel]);
                channels.Mean[channel] = (float)slope;
            }
        }

        if (AddedGradient == null)
        {
            Combine<TLanes>(x, dx, shape.Elements, channels);
            return;
        }

        // What was added went to every pixel; the sums are taken while the numbers are at hand.
        channels.Clear();
        for (int pixel = 0; pixel < shape.Pixels; pixel += shape.ChunkPixels)
        {
            int offset = pixel * shape.Channels;
            int length = Math.Min(shape.ChunkPixels, shape.Pixels - pixel) * shape.Channels;
            Combine<TLanes>(x + offset, dx + offset, length, channels);
            AddUp<TLanes>(dx + offset, length, channels);
        }

        for (int channel = 0; channel < shape.Channels; channel++)
            AddedGradient[(long)image * shape.Channels + channel] = (float)channels.First(channel);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddUp<TLanes>(float* dx, int count, ChannelCoefficients channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Forward.Shape.Channels;
        for (int channel = 0; channel < stride; channel += TLanes.Count)
        {
            TLanes sum = TLanes.Of(0);
            for (int i = channel; i < count; i += stride)
                sum += TLanes.Load(dx + i);
            channels.AddFirst(channel, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Combine<TLanes>(float* x, float* dx, int count, ChannelCoefficients channels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Forward.Shape.Channels;
        float* scales = channels.Scale, slopes = channels.Mean, shifts = channels.Shift;
        for (int pixel = 0; pixel < count; pixel += stride)
        {
            for (int channel = 0; channel < stride; channel += TLanes.Count)
            {
                int i = pixel + channel;
                TLanes rest = TLanes.MultiplyAdd(TLanes.Load(x + i), TLanes.Load(slopes + channel), TLanes.Load(shifts + channel));
                TLanes.MultiplyAdd(TLanes.Load(dx + i), TLanes.Load(scales + channel), rest).Store(dx + i);
            }
        }
    }
}
