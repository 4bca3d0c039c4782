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

    /// <summary>Multiplies elements by 0 or by the mask's scale, in place.</summary>
    /// <param name="values">The elements.</param>
    /// <param name="count">How many; a multiple of 16.</param>
    /// <param name="draws">The bits of the first one and the others.</param>
    /// <param name="mask">The layer's mask.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Drop(float* values, int count, ushort* draws, in DropoutMask mask)
    {
        Vector512<int> threshold = Vector512.Create(mask.Threshold);
        Vector512<float> scale = Vector512.Create(mask.Scale);
        for (int i = 0; i < count; i += Vector512<float>.Count)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load(draws + i));
            Vector512<float> kept = Vector512.GreaterThanOrEqual(Vector512.Create(lower, upper).AsInt32(), threshold).AsSingle();
            (Vector512.Load(values + i) * (kept & scale)).Store(values + i);
        }
    }
}
