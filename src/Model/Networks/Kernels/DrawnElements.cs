using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Turns the random bits of elements into the factors of a dropout mask, a vector at a time.</summary>
internal static unsafe class DrawnElements
{
    /// <summary>Draws the bits of consecutive elements.</summary>
    /// <param name="mask">The layer's mask.</param>
    /// <param name="firstElement">The first element.</param>
    /// <param name="count">How many.</param>
    /// <param name="draws">Takes them, after those of elements before that share the first block.</param>
    /// <returns>The first element's place in <paramref name="draws"/>.</returns>
    public static int Draw(in DropoutMask mask, long firstElement, int count, ushort[] draws)
    {
        int skipped = (int)(firstElement % DropoutMask.PerBlock);
        int drawn = (skipped + count + DropoutMask.PerBlock - 1) / DropoutMask.PerBlock * DropoutMask.PerBlock;
        mask.Draw(checked((uint)(firstElement / DropoutMask.PerBlock)), draws.AsSpan(0, drawn));
        return skipped;
    }

    /// <summary>0 where an element is dropped, else the mask's scale, of 16 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Factors(ushort* draws, in DropoutMask mask)
    {
        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load(draws));
        Vector512<int> bits = Vector512.Create(lower, upper).AsInt32();
        Vector512<int> kept = Vector512.GreaterThanOrEqual(bits, Vector512.Create(mask.Threshold));
        return kept.AsSingle() & Vector512.Create(mask.Scale);
    }
}
