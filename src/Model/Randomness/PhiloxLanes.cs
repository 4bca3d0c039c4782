using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdpmJobs.Model.Randomness;

/// <summary>The same blocks as <see cref="Philox"/>, four at a time where the processor can.</summary>
internal static class PhiloxLanes
{
    private const int Lanes = 4;
    private const int WordsPerBlock = 4;

    /// <summary>Fills with the words of consecutive blocks, as far as whole groups of four blocks fit.</summary>
    /// <param name="words">Takes them.</param>
    /// <param name="c0">Lowest counter word of the first block.</param>
    /// <param name="c1">The second counter word.</param>
    /// <param name="c2">The third.</param>
    /// <param name="c3">The fourth.</param>
    /// <param name="k0">The low key word.</param>
    /// <param name="k1">The high key word.</param>
    /// <returns>Words filled, a multiple of 16; 0 on a processor without AVX2.</returns>
    public static int Fill(Span<uint> words, uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        if (!Avx2.IsSupported)
            return 0;
        int groups = words.Length / (Lanes * WordsPerBlock);
        Span<Vector256<ulong>> pairs = MemoryMarshal.Cast<uint, Vector256<ulong>>(words[..(groups * Lanes * WordsPerBlock)]);
        for (int group = 0; group < groups; group++)
        {
            uint first = unchecked(c0 + (uint)(group * Lanes));
            (Vector256<ulong> low, Vector256<ulong> high) = Blocks(Vector256.Create(first, unchecked(first + 1), unchecked(first + 2), (ulong)unchecked(first + 3)), c1, c2, c3, k0, k1);
            Vector256<ulong> even = Avx2.UnpackLow(low, high), odd = Avx2.UnpackHigh(low, high);
            pairs[2 * group] = Avx2.Permute2x128(even, odd, 0x20);
            pairs[2 * group + 1] = Avx2.Permute2x128(even, odd, 0x31);
        }

        return groups * Lanes * WordsPerBlock;
    }

    // A lane of 64 bits holds a word in its low half; what stands in the high half is never looked at, because the product takes the low halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<ulong> Low, Vector256<ulong> High) Blocks(Vector256<ulong> w0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        Vector256<ulong> w1 = Vector256.Create((ulong)c1), w2 = Vector256.Create((ulong)c2), w3 = Vector256.Create((ulong)c3);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            Vector256<ulong> product0 = Avx2.Multiply(w0.AsUInt32(), Vector256.Create((uint)Philox.Multiplier0));
            Vector256<ulong> product1 = Avx2.Multiply(w2.AsUInt32(), Vector256.Create((uint)Philox.Multiplier1));
            (w0, w1, w2, w3) = ((product1 >> 32) ^ w1 ^ Vector256.Create((ulong)k0), product1, (product0 >> 32) ^ w3 ^ Vector256.Create((ulong)k1), product0);
            k0 = unchecked(k0 + Philox.Weyl0);
            k1 = unchecked(k1 + Philox.Weyl1);
        }

        Vector256<ulong> word = Vector256.Create((ulong)uint.MaxValue);
        return ((w0 & word) | (w1 << 32), (w2 & word) | (w3 << 32));
    }
}
