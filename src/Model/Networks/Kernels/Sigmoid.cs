using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The logistic function over a vector.</summary>
internal static class Sigmoid
{
    /// <summary>1 / (1 + e^-z), within 3e-7 of it; what it gives for NaN is not NaN, but z times it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes z)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        (TLanes rest, TLanes power) = Exponential.Parts(-z);
        return TLanes.Of(1) / TLanes.MultiplyAdd(rest, power, TLanes.Of(1));
    }
}
