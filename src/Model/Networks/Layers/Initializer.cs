using DdpmJobs.Model.Randomness;
using TorchSharp;
using TorchSharp.Modules;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Makes the parameters of a network with their first values; parameter k depends on the seed, k and its shape only.</summary>
/// <param name="seed">The run's seed.</param>
/// <remarks>hojonathanho/diffusion, nn.py: uniform with variance scale / fan_avg.</remarks>
internal sealed class Initializer(long seed)
{
    /// <summary>The scale of a layer that begins as almost zero.</summary>
    public const double Tiny = 1e-10; // hojonathanho/diffusion, nn.py:10-11, in place of 0

    // Numbers that one thread makes at a time; even, since a block of the stream is two of them.
    private const int Portion = 4096;

    private long _made;

    /// <summary>Makes a weight (out, in, kernel...) with variance scale / ((fan_in + fan_out) / 2), uniform about 0.</summary>
    public Parameter Weight(double scale, params long[] shape)
    {
        long receptive = 1;
        foreach (long extent in shape.AsSpan(2))
            receptive *= extent;
        double fanAverage = (shape[0] + shape[1]) * receptive / 2.0;
        double limit = Math.Sqrt(3 * scale / fanAverage);

        return new Parameter(torch.tensor(Uniform(limit, shape[0] * shape[1] * receptive), shape));
    }

    /// <summary>Makes a weight or bias uniform in ±1 / sqrt(fan_in), as PyTorch's convolutions and dense layers begin.</summary>
    /// <param name="fanIn">Inputs that each output sums.</param>
    /// <param name="shape">Shape of the parameter.</param>
    public Parameter FanIn(long fanIn, params long[] shape)
    {
        return new Parameter(torch.tensor(Uniform(1 / Math.Sqrt(fanIn), Count(shape)), shape));
    }

    /// <summary>Makes a weight of standard normal numbers.</summary>
    public Parameter Normal(params long[] shape)
    {
        float[] values = new float[Count(shape)];
        new RandomStream(seed, RandomPurpose.Initialization, _made++).FillNormal(values);
        return new Parameter(torch.tensor(values, shape));
    }

    /// <summary>Makes a parameter of one value.</summary>
    public Parameter Constant(double value, params long[] shape)
    {
        _made++;
        return new Parameter(torch.full(shape, value, torch.float32));
    }

    // Each number is a function of its place, so the threads need not know of each other.
    private float[] Uniform(double limit, long count)
    {
        RandomStream stream = new(seed, RandomPurpose.Initialization, _made++);
        float[] values = new float[count];
        Parallel.For(0, (int)((count + Portion - 1) / Portion), portion =>
        {
            Span<float> part = values.AsSpan(portion * Portion, Math.Min(Portion, values.Length - portion * Portion));
            Span<double> uniform = stackalloc double[part.Length];
            stream.FillUniform(uniform, (uint)portion * (Portion / 2));
            for (int i = 0; i < part.Length; i++)
                part[i] = (float)((2 * uniform[i] - 1) * limit);
        });
        return values;
    }

    private static long Count(long[] shape)
    {
        long count = 1;
        foreach (long extent in shape)
            count *= extent;
        return count;
    }
}
