using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The logistic function over a vector.</summary>
internal static class Sigmoid
{
    /// <summary>1 / (1 + e^-z), within 3e-7 of it; what it gives for NaN is not NaN, but z times it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> z)
    {
        (Vector512<float> rest, Vector512<float> power) = Exponential.Parts(-z);
        return Vector512<float>.One / Vector512.FusedMultiplyAdd(rest, power, Vector512<float>.One);
    }
}
