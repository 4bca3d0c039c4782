using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>One thread's numbers for each channel of the image that it works on.</summary>
internal sealed unsafe class ChannelCoefficients(NormalizationShape shape)
{
    private readonly float[] _floats = GC.AllocateUninitializedArray<float>(4 * shape.Channels, pinned: true);
    private readonly double[] _sums = GC.AllocateArray<double>(2 * shape.Channels, pinned: true);

    /// <summary>What x without <see cref="Mean"/> is multiplied by, (C,).</summary>
    public float* Scale => Part(0);

    /// <summary>What is then added, (C,): the parameter, and what the mean lost when it was rounded.</summary>
    public float* Shift => Part(1);

    /// <summary>Mean of each channel's group without what is added to the channel, (C,): x less this is x with that less the mean.</summary>
    public float* Mean => Part(2);

    /// <summary>1 / standard deviation of each channel's group, (C,).</summary>
    public float* Inverse => Part(3);

    /// <summary>Sets the sums to 0.</summary>
    public void Clear() => Array.Clear(_sums);

    /// <summary>Adds to the first sums of consecutive channels.</summary>
    public void AddFirst<TLanes>(int channel, TLanes values)
        where TLanes : unmanaged, ILanes<TLanes> => values.AddTo(Sums + channel);

    /// <summary>Adds to the second sums of consecutive channels.</summary>
    public void AddSecond<TLanes>(int channel, TLanes values)
        where TLanes : unmanaged, ILanes<TLanes> => values.AddTo(Sums + shape.Channels + channel);

    /// <summary>The first sum of a channel.</summary>
    public double First(int channel) => _sums[channel];

    /// <summary>The second sum of a channel.</summary>
    public double Second(int channel) => _sums[shape.Channels + channel];

    /// <summary>The first sum of a group's channels.</summary>
    public double FirstOf(int group) => Of(group, 0);

    /// <summary>The second sum of a group's channels.</summary>
    public double SecondOf(int group) => Of(group, shape.Channels);

    /// <summary>Writes a number of each group to <see cref="Mean"/> of its channels.</summary>
    /// <param name="groups">The numbers, (G,).</param>
    /// <param name="added">What is added to each channel, (C,); null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SpreadToMean(double* groups, float* added)
    {
        float* mean = Mean;
        for (int group = 0, channel = 0; group < shape.Groups; group++)
        {
            for (int end = channel + shape.ChannelsPerGroup; channel < end; channel++)
                mean[channel] = (float)(added == null ? groups[group] : groups[group] - added[channel]);
        }
    }

    /// <summary>Sets all from the parameters and an image's moments.</summary>
    /// <param name="gamma">Scale of each channel.</param>
    /// <param name="beta">Shift of each channel.</param>
    /// <param name="moments">Mean and 1 / standard deviation of each group, (2, G).</param>
    /// <param name="added">What is added to each channel, (C,); null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(float* gamma, float* beta, double* moments, float* added)
    {
        float* scale = Scale, shift = Shift, mean = Mean, inverse = Inverse;
        for (int group = 0, channel = 0; group < shape.Groups; group++)
        {
            (double middle, double spread) = (moments[group], moments[shape.Groups + group]);
            for (int end = channel + shape.ChannelsPerGroup; channel < end; channel++)
            {
                double left = added == null ? middle : middle - added[channel];
                mean[channel] = (float)left;
                inverse[channel] = (float)spread;
                scale[channel] = (float)(spread * gamma[channel]);
                shift[channel] = (float)(beta[channel] + (mean[channel] - left) * scale[channel]);
            }
        }
    }

    private double* Sums => (double*)Unsafe.AsPointer(ref _sums[0]);

    private float* Part(int index) => (float*)Unsafe.AsPointer(ref _floats[index * shape.Channels]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Of(int group, int offset)
    {
        double sum = 0;
        foreach (double part in _sums.AsSpan(offset + group * shape.ChannelsPerGroup, shape.ChannelsPerGroup))
            sum += part;
        return sum;
    }
}
