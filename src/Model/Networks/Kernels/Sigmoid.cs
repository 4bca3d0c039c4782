using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The logistic function over a vector.</summary>
internal static class Sigmoid
{
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693359375f; // ln 2 in two parts, so that n ln 2 is exact in the first
    private const float Ln2Low = -2.12194440e-4f;
    private const float Most = 87f; // e^87 is finite, and 1 / (1 + e^87) is 0 to float's precision

    /// <summary>1 / (1 + e^-z), within 3e-7 of it; what it gives for NaN is not NaN, but z times it is.</summary>
    /// <remarks>The exponential: reduction to ±ln 2 / 2 and a polynomial of degree 7, as in S. Moshier's Cephes library (expf).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> z)
    {
        Vector512<float> x = Vector512.MinNative(Vector512.MaxNative(-z, Vector512.Create(-Most)), Vector512.Create(Most));
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
        Vector512<float> power = Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n) + Vector512.Create(127), 23).AsSingle();
        return Vector512<float>.One / Vector512.FusedMultiplyAdd(p, power, Vector512<float>.One);
    }
}
