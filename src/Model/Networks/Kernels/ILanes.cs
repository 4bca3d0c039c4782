using System.Numerics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Numbers that the processor works on at once. Kernels are written over this, and compiled once for every width: emulated, vectors wider than the processor's are several times slower than its own.</summary>
/// <typeparam name="TSelf">The vector itself.</typeparam>
internal unsafe interface ILanes<TSelf>
    : IAdditionOperators<TSelf, TSelf, TSelf>, ISubtractionOperators<TSelf, TSelf, TSelf>, IMultiplyOperators<TSelf, TSelf, TSelf>, IDivisionOperators<TSelf, TSelf, TSelf>, IUnaryNegationOperators<TSelf, TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>How many; <see cref="Vectors.Lanes"/> is a multiple of it.</summary>
    static abstract int Count { get; }

    /// <summary>The number in every lane.</summary>
    static abstract TSelf Of(float value);

    /// <summary>Reads.</summary>
    static abstract TSelf Load(float* from);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger of each two; which one, where one is NaN, is the processor's choice.</summary>
    static abstract TSelf Larger(TSelf a, TSelf b);

    /// <summary>The smaller of each two; which one, where one is NaN, is the processor's choice.</summary>
    static abstract TSelf Smaller(TSelf a, TSelf b);

    /// <summary>The square roots.</summary>
    static abstract TSelf Root(TSelf x);

    /// <summary>The nearest whole numbers.</summary>
    static abstract TSelf Round(TSelf x);

    /// <summary>2^n for whole numbers within ±126.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>The second where the first is a number, and the first where it is NaN.</summary>
    static abstract TSelf UnlessNaN(TSelf x, TSelf then);

    /// <summary>Writes.</summary>
    void Store(float* to);

    /// <summary>These where the draw is at least the threshold, and 0 elsewhere.</summary>
    /// <param name="draws">One for each lane.</param>
    /// <param name="threshold">At most 2^16.</param>
    TSelf WhereAtLeast(ushort* draws, int threshold);

    /// <summary>Adds each to a sum in double precision.</summary>
    /// <param name="sums">One for each lane.</param>
    void AddTo(double* sums);

    /// <summary>Adds the square of each to a sum in double precision.</summary>
    /// <param name="sums">One for each lane.</param>
    void AddSquaresTo(double* sums);

    /// <summary>The sum of all.</summary>
    float Sum();

    /// <summary>The largest of all.</summary>
    float Most();
}
