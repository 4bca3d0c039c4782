using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Sixteen numbers: a vector of AVX-512.</summary>
internal readonly unsafe struct Lanes16(Vector512<float> values) : ILanes<Lanes16>
{
    private readonly Vector512<float> _values = values;

    /// <inheritdoc/>
    public static int Count => 16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator +(Lanes16 left, Lanes16 right) => new(left._values + right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator -(Lanes16 left, Lanes16 right) => new(left._values - right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator *(Lanes16 left, Lanes16 right) => new(left._values * right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator /(Lanes16 left, Lanes16 right) => new(left._values / right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator -(Lanes16 value) => new(-value._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Of(float value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Load(float* from) => new(Vector512.Load(from));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyAdd(Lanes16 a, Lanes16 b, Lanes16 c) => new(Vector512.FusedMultiplyAdd(a._values, b._values, c._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Larger(Lanes16 a, Lanes16 b) => new(Vector512.MaxNative(a._values, b._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Smaller(Lanes16 a, Lanes16 b) => new(Vector512.MinNative(a._values, b._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Root(Lanes16 x) => new(Vector512.Sqrt(x._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Round(Lanes16 x) => new(Vector512.Round(x._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 PowerOfTwo(Lanes16 n) => new(Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n._values) + Vector512.Create(127), 23).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 UnlessNaN(Lanes16 x, Lanes16 then) => new(Vector512.ConditionalSelect(Vector512.Equals(x._values, x._values), then._values, x._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _values.Store(to);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes16 WhereAtLeast(ushort* draws, int threshold)
    {
        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load(draws));
        Vector512<float> kept = Vector512.GreaterThanOrEqual(Vector512.Create(lower, upper).AsInt32(), Vector512.Create(threshold)).AsSingle();
        return new(_values & kept);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(double* sums)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(_values);
        (Vector512.Load(sums) + lower).Store(sums);
        sums += Vector512<double>.Count;
        (Vector512.Load(sums) + upper).Store(sums);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquaresTo(double* sums)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(_values);
        Vector512.FusedMultiplyAdd(lower, lower, Vector512.Load(sums)).Store(sums);
        sums += Vector512<double>.Count;
        Vector512.FusedMultiplyAdd(upper, upper, Vector512.Load(sums)).Store(sums);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Vector512.Sum(_values);

    /// <inheritdoc/>
    public float Most()
    {
        float most = float.NegativeInfinity;
        for (int lane = 0; lane < 16; lane++)
            most = MathF.Max(most, _values[lane]);
        return most;
    }
}
