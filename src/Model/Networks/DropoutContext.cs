using System.Runtime.InteropServices;
using DdpmJobs.Model.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>Draws dropout masks as a pure function of seed, training step and layer, so that a resumed training sees the same ones.</summary>
/// <param name="seed">The run's seed.</param>
public sealed class DropoutContext(long seed)
{
    /// <summary>The optimiser step, zero-based, that the next masks belong to.</summary>
    public long Step { get; set; }

    /// <summary>Draws a mask that keeps each element with probability 1 - rate and scales it so that the mean stays.</summary>
    /// <param name="shape">Shape of the mask.</param>
    /// <param name="rate">Probability of dropping an element, in [0, 1).</param>
    /// <param name="layer">Index of the dropout layer in its network.</param>
    /// <param name="device">Where the mask is used.</param>
    /// <returns>float32, each element 0 or 1 / (1 - rate); the caller disposes it.</returns>
    public Tensor Mask(ReadOnlySpan<long> shape, double rate, int layer, Device device)
    {
        // 16 random bits an element: the probability is met to 2^-17, and the scale is that of the probability used, so the mean is exact.
        int threshold = (int)Math.Round(rate * 65536);
        float scale = 65536f / (65536 - threshold);
        long count = 1;
        foreach (long extent in shape)
            count *= extent;

        uint[] words = new uint[(count + 1) / 2];
        new RandomStream(seed, RandomPurpose.Dropout, Step, layer).FillUInt32(words);
        ReadOnlySpan<ushort> draws = MemoryMarshal.Cast<uint, ushort>(words);
        float[] mask = new float[count];
        for (int i = 0; i < mask.Length; i++)
            mask[i] = draws[i] < threshold ? 0 : scale;
        return torch.tensor(mask, shape.ToArray(), device: device);
    }
}
