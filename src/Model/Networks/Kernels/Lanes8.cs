using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Eight numbers: a vector of AVX2.</summary>
internal readonly unsafe struct Lanes8(Vector256<float> values) : ILanes<Lanes8>
{
    private readonly Vector256<float> _values = values;

    /// <inheritdoc/>
    public static int Count => 8;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator +(Lanes8 left, Lanes8 right) => new(left._values + right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator -(Lanes8 left, Lanes8 right) => new(left._values - right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator *(Lanes8 left, Lanes8 right) => new(left._values * right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator /(Lanes8 left, Lanes8 right) => new(left._values / right._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator -(Lanes8 value) => new(-value._values);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Of(float value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Load(float* from) => new(Vector256.Load(from));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyAdd(Lanes8 a, Lanes8 b, Lanes8 c) => new(Vector256.FusedMultiplyAdd(a._values, b._values, c._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Larger(Lanes8 a, Lanes8 b) => new(Vector256.MaxNative(a._values, b._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Smaller(Lanes8 a, Lanes8 b) => new(Vector256.MinNative(a._values, b._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Root(Lanes8 x) => new(Vector256.Sqrt(x._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Round(Lanes8 x) => new(Vector256.Round(x._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 PowerOfTwo(Lanes8 n) => new(Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n._values) + Vector256.Create(127), 23).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 UnlessNaN(Lanes8 x, Lanes8 then) => new(Vector256.ConditionalSelect(Vector256.Equals(x._values, x._values), then._values, x._values));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _values.Store(to);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes8 WhereAtLeast(ushort* draws, int threshold)
    {
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.Load(draws));
        Vector256<float> kept = Vector256.GreaterThanOrEqual(Vector256.Create(lower, upper).AsInt32(), Vector256.Create(threshold)).AsSingle();
        return new(_values & kept);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(double* sums)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(_values);
        (Vector256.Load(sums) + lower).Store(sums);
        sums += Vector256<double>.Count;
        (Vector256.Load(sums) + upper).Store(sums);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquaresTo(double* sums)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(_values);
        Vector256.FusedMultiplyAdd(lower, lower, Vector256.Load(sums)).Store(sums);
        sums += Vector256<double>.Count;
        Vector256.FusedMultiplyAdd(upper, upper, Vector256.Load(sums)).Store(sums);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Vector256.Sum(_values);

    /// <inheritdoc/>
    public float Most()
    {
        float most = float.NegativeInfinity;
        for (int lane = 0; lane < 8; lane++)
            most = MathF.Max(most, _values[lane]);
        return most;
    }
}
