using System.Runtime.CompilerServices;

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
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        (TLanes rest, TLanes power) = Parts(x);
        return TLanes.UnlessNaN(x, rest * power);
    }

    /// <summary>e^x as a factor near 1 and a power of two; of NaN, some numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Fraction, TLanes Power) Parts<TLanes>(TLanes argument)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes x = TLanes.Smaller(TLanes.Larger(argument, TLanes.Of(-Most)), TLanes.Of(Most));
        TLanes n = TLanes.Round(x * TLanes.Of(Log2E));
        TLanes r = TLanes.MultiplyAdd(n, TLanes.Of(-Ln2High), x);
        r = TLanes.MultiplyAdd(n, TLanes.Of(-Ln2Low), r);

        TLanes p = TLanes.Of(1.9875691500e-4f);
        p = TLanes.MultiplyAdd(p, r, TLanes.Of(1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Of(8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Of(4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Of(1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Of(5.0000001201e-1f));
        p = TLanes.MultiplyAdd(p, r * r, r + TLanes.Of(1));

        return (p, TLanes.PowerOfTwo(n));
    }
}
