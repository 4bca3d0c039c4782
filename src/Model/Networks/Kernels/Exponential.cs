using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The exponential function over a vector.</summary>
/// <remarks>Reduction to ±ln 2 / 2 and a polynomial of degree 7, as in S. Moshier's Cephes library (expf).</remarks>
internal static class Exponential
{
    /// <summary>The largest argument by size; larger ones count as it. e^87 is finite, and e^-87 is no denormal number.</summary>
    private const float Most = 87f;

    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693359375f; // ln 2 in two parts, so that n ln 2 is exact in the first
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>e^x, within 2e-7 of it in proportion; NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        (Vector512<float> rest, Vector512<float> power) = Parts(x);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), rest * power, x);
    }

    /// <summary>e^x as a factor near 1 and a power of two; of NaN, some numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Fraction, Vector512<float> Power) Parts(Vector512<float> argument)
    {
        Vector512<float> x = Vector512.MinNative(Vector512.MaxNative(argument, Vector512.Create(-Most)), Vector512.Create(Most));
        Vector512<float> n = Vector512.Round(x * Log2E);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);

        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);

        // 2^n by its bits; n lies within ±126.
        return (p, Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n) + Vector512.Create(127), 23).AsSingle());
    }
}
