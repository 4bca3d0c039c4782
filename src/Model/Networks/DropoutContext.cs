using System.Runtime.InteropServices;
using DdpmJobs.Model.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>Draws dropout masks as a pure function of seed, training step and layer, so that a resumed training sees the same ones.</summary>
/// <param name="seed">The run's seed.</param>
public sealed class DropoutContext(long seed)
{
    private const int DrawsPerBlock = 8; // of 16 bits, in a block of 128

    /// <summary>The optimiser step, zero-based, that the next masks belong to.</summary>
    public long Step { get; set; }

    /// <summary>The row of the step's whole batch that the first row of the next masks is: a mask for a part of a batch holds the rows of the whole batch's mask.</summary>
    public long FirstRow { get; set; }

    /// <summary>Draws a mask that keeps each element with probability 1 - rate and scales it so that the mean stays.</summary>
    /// <param name="shape">Shape of the mask; the first extent counts the rows of the batch.</param>
    /// <param name="rate">Probability of dropping an element, in [0, 1).</param>
    /// <param name="layer">Index of the dropout layer in its network.</param>
    /// <param name="device">Where the mask is used; elsewhere than on the CPU it is also made there.</param>
    /// <returns>float32, each element 0 or 1 / (1 - rate); the caller disposes it.</returns>
    public Tensor Mask(ReadOnlySpan<long> shape, double rate, int layer, Device device)
    {
        if (device.type != DeviceType.CPU)
            return MaskOnDevice(shape, rate, layer, device);
        (RandomStream stream, long firstBlock, int skipped, long count) = Place(shape, layer);
        (int threshold, float scale) = Quantized(rate);

        uint[] words = new uint[(skipped + count + 1) / 2];
        stream.FillUInt32(words, checked((uint)firstBlock));
        ReadOnlySpan<ushort> draws = MemoryMarshal.Cast<uint, ushort>(words)[skipped..];
        float[] mask = new float[count];
        for (int i = 0; i < mask.Length; i++)
            mask[i] = draws[i] < threshold ? 0 : scale;
        return torch.tensor(mask, shape.ToArray());
    }

    /// <summary>As <see cref="Mask"/>, bit for bit, by operators of the device; nothing waits for it.</summary>
    internal Tensor MaskOnDevice(ReadOnlySpan<long> shape, double rate, int layer, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        (RandomStream stream, long firstBlock, int skipped, long count) = Place(shape, layer);
        (int threshold, float scale) = Quantized(rate);

        // The two draws of a word, the lower first.
        Tensor words = TensorPhilox.Words(stream, firstBlock, (skipped + count + DrawsPerBlock - 1) / DrawsPerBlock, device);
        Tensor lower = words.bitwise_and(torch.tensor(0xFFFFL)).ge(threshold);
        Tensor upper = words.ge((long)threshold << 16);
        Tensor kept = stack([lower, upper], -1).flatten().narrow(0, skipped, count);
        return kept.to(ScalarType.Float32).mul_(scale).view(shape.ToArray()).MoveToOuterDisposeScope();
    }

    // Element i of the whole batch's mask is draw i of the layer's stream.
    private (RandomStream Stream, long FirstBlock, int Skipped, long Count) Place(ReadOnlySpan<long> shape, int layer)
    {
        long count = 1;
        foreach (long extent in shape)
            count *= extent;
        (long firstBlock, long skipped) = Math.DivRem(count == 0 ? 0 : FirstRow * (count / shape[0]), DrawsPerBlock);
        return (new RandomStream(seed, RandomPurpose.Dropout, Step, layer), firstBlock, (int)skipped, count);
    }

    // 16 random bits an element: the probability is met to 2^-17, and the scale is that of the probability used, so the mean is exact.
    private static (int Threshold, float Scale) Quantized(double rate)
    {
        int threshold = (int)Math.Round(rate * 65536);
        return (threshold, 65536f / (65536 - threshold));
    }
}
