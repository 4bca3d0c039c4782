using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DdpmJobs.Model.Randomness;

/// <summary>The same blocks as <see cref="Philox"/>, four or eight at a time where the processor can.</summary>
internal static class PhiloxLanes
{
    private const int WordsPerBlock = 4;

    /// <summary>Fills with the words of consecutive blocks, as far as whole groups of blocks fit.</summary>
    /// <param name="words">Takes them.</param>
    /// <param name="c0">Lowest counter word of the first block.</param>
    /// <param name="c1">The second counter word.</param>
    /// <param name="c2">The third.</param>
    /// <param name="c3">The fourth.</param>
    /// <param name="k0">The low key word.</param>
    /// <param name="k1">The high key word.</param>
    /// <returns>Words filled, a multiple of 4; 0 on a processor without AVX2.</returns>
    public static int Fill(Span<uint> words, uint c0, uint c1, uint c2, uint c3, uint k0, uint k1) =>
        Avx512F.IsSupported ? FillByEight(words, c0, c1, c2, c3, k0, k1) : Avx2.IsSupported ? FillByFour(words, c0, c1, c2, c3, k0, k1) : 0;

    /// <summary>As <see cref="Fill"/>, with AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int FillByEight(Span<uint> words, uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        Span<Vector512<ulong>> keys = stackalloc Vector512<ulong>[2 * Philox.Rounds];
        for (int round = 0; round < Philox.Rounds; round++)
        {
            (keys[2 * round], keys[2 * round + 1]) = (Vector512.Create((ulong)k0), Vector512.Create((ulong)k1));
            (k0, k1) = (unchecked(k0 + Philox.Weyl0), unchecked(k1 + Philox.Weyl1));
        }

        // A lane of 64 bits holds a word in its low half; what stands in the high half is never looked at, because the product takes the low halves.
        Vector512<uint> multiplier0 = Vector512.Create((uint)Philox.Multiplier0), multiplier1 = Vector512.Create((uint)Philox.Multiplier1);
        Vector512<ulong> lanes = Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7), low = Vector512.Create((ulong)uint.MaxValue);
        Vector512<ulong> first = Vector512.Create(0ul, 8, 1, 9, 2, 10, 3, 11), second = Vector512.Create(4ul, 12, 5, 13, 6, 14, 7, 15);
        int perGroup = Vector512<ulong>.Count * WordsPerBlock;
        int groups = words.Length / perGroup;
        Span<Vector512<ulong>> pairs = MemoryMarshal.Cast<uint, Vector512<ulong>>(words[..(groups * perGroup)]);
        for (int group = 0; group < groups; group++)
        {
            Vector512<ulong> w0 = Vector512.Create((ulong)c0 + (ulong)(group * Vector512<ulong>.Count)) + lanes;
            Vector512<ulong> w1 = Vector512.Create((ulong)c1), w2 = Vector512.Create((ulong)c2), w3 = Vector512.Create((ulong)c3);
            for (int round = 0; round < Philox.Rounds; round++)
            {
                Vector512<ulong> product0 = Avx512F.Multiply(w0.AsUInt32(), multiplier0);
                Vector512<ulong> product1 = Avx512F.Multiply(w2.AsUInt32(), multiplier1);
                (w0, w1, w2, w3) = ((product1 >> 32) ^ w1 ^ keys[2 * round], product1, (product0 >> 32) ^ w3 ^ keys[2 * round + 1], product0);
            }

            Vector512<ulong> front = (w0 & low) | (w1 << 32), back = (w2 & low) | (w3 << 32);
            pairs[2 * group] = Avx512F.PermuteVar8x64x2(front, first, back);
            pairs[2 * group + 1] = Avx512F.PermuteVar8x64x2(front, second, back);
        }

        return groups * perGroup;
    }

    /// <summary>As <see cref="Fill"/>, with AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int FillByFour(Span<uint> words, uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        Span<Vector256<ulong>> keys = stackalloc Vector256<ulong>[2 * Philox.Rounds];
        for (int round = 0; round < Philox.Rounds; round++)
        {
            (keys[2 * round], keys[2 * round + 1]) = (Vector256.Create((ulong)k0), Vector256.Create((ulong)k1));
            (k0, k1) = (unchecked(k0 + Philox.Weyl0), unchecked(k1 + Philox.Weyl1));
        }

        Vector256<uint> multiplier0 = Vector256.Create((uint)Philox.Multiplier0), multiplier1 = Vector256.Create((uint)Philox.Multiplier1);
        Vector256<ulong> lanes = Vector256.Create(0ul, 1, 2, 3), low = Vector256.Create((ulong)uint.MaxValue);
        int perGroup = Vector256<ulong>.Count * WordsPerBlock;
        int groups = words.Length / perGroup;
        Span<Vector256<ulong>> pairs = MemoryMarshal.Cast<uint, Vector256<ulong>>(words[..(groups * perGroup)]);
        for (int group = 0; group < groups; group++)
        {
            Vector256<ulong> w0 = Vector256.Create((ulong)c0 + (ulong)(group * Vector256<ulong>.Count)) + lanes;
            Vector256<ulong> w1 = Vector256.Create((ulong)c1), w2 = Vector256.Create((ulong)c2), w3 = Vector256.Create((ulong)c3);
            for (int round = 0; round < Philox.Rounds; round++)
            {
                Vector256<ulong> product0 = Avx2.Multiply(w0.AsUInt32(), multiplier0);
                Vector256<ulong> product1 = Avx2.Multiply(w2.AsUInt32(), multiplier1);
                (w0, w1, w2, w3) = ((product1 >> 32) ^ w1 ^ keys[2 * round], product1, (product0 >> 32) ^ w3 ^ keys[2 * round + 1], product0);
            }

            Vector256<ulong> front = (w0 & low) | (w1 << 32), back = (w2 & low) | (w3 << 32);
            Vector256<ulong> even = Avx2.UnpackLow(front, back), odd = Avx2.UnpackHigh(front, back);
            pairs[2 * group] = Avx2.Permute2x128(even, odd, 0x20);
            pairs[2 * group + 1] = Avx2.Permute2x128(even, odd, 0x31);
        }

        return groups * perGroup;
    }
}
