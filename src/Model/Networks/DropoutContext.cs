using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>Draws dropout masks as a pure function of seed, training step, layer and place, so that a resumed training sees the same ones.</summary>
/// <param name="seed">The run's seed.</param>
public sealed class DropoutContext(long seed)
{
    /// <summary>The optimiser step, zero-based, that the next masks belong to.</summary>
    public long Step { get; set; }

    /// <summary>The row of the step's whole batch that the first row of the next masks is: a mask for a part of a batch holds the rows of the whole batch's mask.</summary>
    public long FirstRow { get; set; }

    /// <summary>Drops elements of activations.</summary>
    /// <param name="h">(N, C, H, W) float32, in training.</param>
    /// <param name="rate">Probability of dropping an element, in [0, 1).</param>
    /// <param name="layer">Index of the dropout layer in its network.</param>
    /// <returns>h with each element multiplied by 0 or by 1 / (1 - rate), so that the mean stays; belongs to the dispose scope in force.</returns>
    public Tensor Apply(Tensor h, double rate, int layer)
    {
        using DisposeScope scope = NewDisposeScope();
        return h.mul(Mask(h.shape, rate, layer, h.device)).MoveToOuterDisposeScope();
    }

    /// <summary>Draws a mask that keeps each element with probability 1 - rate and scales it so that the mean stays.</summary>
    /// <param name="shape">(N, C, H, W).</param>
    /// <param name="rate">Probability of dropping an element, in [0, 1).</param>
    /// <param name="layer">Index of the dropout layer in its network.</param>
    /// <param name="device">Where the mask is used; elsewhere than on the CPU it is also made there.</param>
    /// <returns>(N, C, H, W) float32, each element 0 or 1 / (1 - rate), in memory with the channels last; the caller disposes it.</returns>
    public Tensor Mask(ReadOnlySpan<long> shape, double rate, int layer, Device device)
    {
        if (device.type != DeviceType.CPU)
            return MaskOnDevice(shape, rate, layer, device);
        (long n, long channels, long height, long width) = (shape[0], shape[1], shape[2], shape[3]);
        float[] mask = new float[n * channels * height * width];
        MaskOf(rate, layer).Fill(FirstRow * channels * height * width, mask);
        using Tensor lastChannels = torch.tensor(mask, [n, height, width, channels]);
        return lastChannels.permute(0, 3, 1, 2);
    }

    /// <summary>As <see cref="Mask"/>, bit for bit, by operators of the device; nothing waits for it.</summary>
    internal Tensor MaskOnDevice(ReadOnlySpan<long> shape, double rate, int layer, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        (long n, long channels, long height, long width) = (shape[0], shape[1], shape[2], shape[3]);
        DropoutMask mask = MaskOf(rate, layer);
        long size = channels * height * width;
        (long firstBlock, long skipped) = Math.DivRem(FirstRow * size, DropoutMask.PerBlock);

        // The two draws of a word, the lower first.
        Tensor words = TensorPhilox.Words(mask.Stream, firstBlock, (skipped + n * size + DropoutMask.PerBlock - 1) / DropoutMask.PerBlock, device);
        Tensor lower = words.bitwise_and(torch.tensor(0xFFFFL)).ge(mask.Threshold);
        Tensor upper = words.ge((long)mask.Threshold << 16);
        Tensor kept = stack([lower, upper], -1).flatten().narrow(0, skipped, n * size);
        return kept.to(ScalarType.Float32).mul_(mask.Scale).view(n, height, width, channels).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>The mask of a layer at this step, for who makes it where it is used.</summary>
    internal DropoutMask MaskOf(double rate, int layer) => new(new RandomStream(seed, RandomPurpose.Dropout, Step, layer), rate, FirstRow);
}
