using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Randomness;

/// <summary>The words of a stream made on a device with libtorch's whole-number operators: the same bits as <see cref="Philox"/>, where the host could not send them fast enough.</summary>
/// <remarks>
/// int64 holds the 32-bit words. The product of two of them fills all 64 bits, the sign included; its upper half comes out right because the shift's copies of the
/// sign are masked away.
/// </remarks>
internal static class TensorPhilox
{
    private const long Mask = 0xFFFFFFFF;

    /// <summary>Makes blocks of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="firstBlock">The first block, zero-based.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="device">Where they are made; nothing waits for it.</param>
    /// <returns>(blocks, 4) int64, each word 0 to 2^32 - 1; the caller disposes it.</returns>
    public static Tensor Words(RandomStream stream, long firstBlock, long blocks, Device device)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstBlock + blocks, 1L << 32);
        (uint key0, uint key1, uint counter1, uint counter2, uint counter3) = stream.Address;
        using DisposeScope scope = NewDisposeScope();

        // Numbers that operators take as tensors: without dimensions and on the CPU, they go into the kernels' arguments and cost no copy.
        Tensor mask = tensor(Mask);
        Tensor half = tensor(32L);
        Tensor c0 = arange(firstBlock, firstBlock + blocks, ScalarType.Int64, device);
        Tensor c1 = full(blocks, counter1, ScalarType.Int64, device);
        Tensor c2 = full(blocks, counter2, ScalarType.Int64, device);
        Tensor c3 = full(blocks, counter3, ScalarType.Int64, device);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            // One round of Philox.Block; what the round before left is let go at once.
            using DisposeScope inner = NewDisposeScope();
            Tensor product0 = c0.mul((long)Philox.Multiplier0);
            Tensor product1 = c2.mul((long)Philox.Multiplier1);
            Tensor next0 = product1.bitwise_right_shift(half);
            next0.bitwise_xor_(c1).bitwise_xor_(tensor((long)key0)).bitwise_and_(mask);
            Tensor next2 = product0.bitwise_right_shift(half);
            next2.bitwise_xor_(c3).bitwise_xor_(tensor((long)key1)).bitwise_and_(mask);
            product1.bitwise_and_(mask);
            product0.bitwise_and_(mask);
            foreach (Tensor old in (Tensor[])[c0, c1, c2, c3])
                old.Dispose();
            (c0, c1, c2, c3) = (next0.MoveToOuterDisposeScope(), product1.MoveToOuterDisposeScope(), next2.MoveToOuterDisposeScope(), product0.MoveToOuterDisposeScope());
            key0 = unchecked(key0 + Philox.Weyl0);
            key1 = unchecked(key1 + Philox.Weyl1);
        }

        return stack([c0, c1, c2, c3], 1).MoveToOuterDisposeScope();
    }
}
