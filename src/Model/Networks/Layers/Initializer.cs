using System.Runtime.CompilerServices;
using DdpmJobs.Model.Networks.Kernels;
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

        return Uniform(limit, shape);
    }

    /// <summary>Makes a weight or bias uniform in ±1 / sqrt(fan_in), as PyTorch's convolutions and dense layers begin.</summary>
    /// <param name="fanIn">Inputs that each output sums.</param>
    /// <param name="shape">Shape of the parameter.</param>
    public Parameter FanIn(long fanIn, params long[] shape) => Uniform(1 / Math.Sqrt(fanIn), shape);

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

    // Each number is a function of its place, so the threads need not know of each other. They write where the parameter lies, since networks have many.
    private unsafe Parameter Uniform(double limit, long[] shape)
    {
        RandomStream stream = new(seed, RandomPurpose.Initialization, _made++);
        torch.Tensor made = torch.empty(shape, torch.float32);
        float* values = Vectors.Of(made);
        long count = made.numel();
        Parallel.For(0, (count + Portion - 1) / Portion, portion =>
            Scale(stream, (uint)portion * (Portion / 2), limit, new Span<float>(values + portion * Portion, (int)Math.Min(Portion, count - portion * Portion))));
        return new Parameter(made);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(RandomStream stream, uint firstBlock, double limit, Span<float> part)
    {
        Span<double> uniform = stackalloc double[part.Length];
        stream.FillUniform(uniform, firstBlock);
        for (int i = 0; i < part.Length; i++)
            part[i] = (float)((2 * uniform[i] - 1) * limit);
    }

    private static long Count(long[] shape)
    {
        long count = 1;
        foreach (long extent in shape)
            count *= extent;
        return count;
    }
}
