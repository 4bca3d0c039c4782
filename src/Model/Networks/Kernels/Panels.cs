using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The right-hand matrix of a product, in panels of so many columns as two vectors have, which are read from front to back; missing columns are 0.</summary>
/// <remarks>The blocking of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), for matrices that fit the second-level cache as they are.</remarks>
internal static unsafe class Panels
{
    // Rows of a panel that are gone through at a time: they stay in the first cache while they are multiplied with all rows of a block.
    private const int Depth = 256;

    private const int Corner = 4;

    /// <summary>A number of columns filled up to whole panels, of the widest.</summary>
    public static int Whole(int columns) => (columns + 2 * Vectors.Lanes - 1) / (2 * Vectors.Lanes) * (2 * Vectors.Lanes);

    /// <summary>Columns of a panel.</summary>
    public static int Columns<TLanes>()
        where TLanes : unmanaged, ILanes<TLanes> => 2 * TLanes.Count;

    /// <summary>Panels that a number of columns is in.</summary>
    public static int Count<TLanes>(int columns)
        where TLanes : unmanaged, ILanes<TLanes> => Whole(columns) / Columns<TLanes>();

    /// <summary>Puts a matrix into panels.</summary>
    /// <param name="matrix">(rows, columns).</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns, a multiple of 16, and the distance of its rows.</param>
    /// <param name="panels">Takes rows times <see cref="Whole"/> columns numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<TLanes>(float* matrix, int rows, int columns, float* panels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (int panel = 0; panel < Count<TLanes>(columns); panel++)
            panels = PackOne<TLanes>(matrix, rows, columns, panel, panels);
    }

    /// <summary>Puts one panel of a matrix in its place.</summary>
    /// <param name="matrix">(rows, columns).</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns, a multiple of 16, and the distance of its rows.</param>
    /// <param name="panel">Which.</param>
    /// <param name="to">Where the panel begins.</param>
    /// <returns>Where the next begins.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float* PackOne<TLanes>(float* matrix, int rows, int columns, int panel, float* to)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int first = panel * Columns<TLanes>();
        for (int row = 0; row < rows; row++, to += Columns<TLanes>())
        {
            float* from = matrix + (long)row * columns + first;
            (first < columns ? TLanes.Load(from) : TLanes.Of(0)).Store(to);
            (first + TLanes.Count < columns ? TLanes.Load(from + TLanes.Count) : TLanes.Of(0)).Store(to + TLanes.Count);
        }

        return to;
    }

    /// <summary>Puts the transpose of a matrix into panels.</summary>
    /// <param name="matrix">(columns, rows).</param>
    /// <param name="rows">Rows of the transpose, a multiple of 16, and the distance of the matrix's rows.</param>
    /// <param name="columns">Columns of the transpose.</param>
    /// <param name="panels">Takes rows times <see cref="Whole"/> columns numbers.</param>
    public static void PackTransposed<TLanes>(float* matrix, int rows, int columns, float* panels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (int panel = 0; panel < Count<TLanes>(columns); panel++)
            panels = PackOneTransposed<TLanes>(matrix, rows, columns, panel, panels);
    }

    /// <summary>Puts one panel of the transpose of a matrix in its place.</summary>
    /// <param name="matrix">(columns, rows).</param>
    /// <param name="rows">Rows of the transpose, a multiple of 16, and the distance of the matrix's rows.</param>
    /// <param name="columns">Columns of the transpose.</param>
    /// <param name="panel">Which.</param>
    /// <param name="to">Where the panel begins.</param>
    /// <returns>Where the next begins.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float* PackOneTransposed<TLanes>(float* matrix, int rows, int columns, int panel, float* to)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int first = panel * Columns<TLanes>();
        int width = Math.Clamp(columns - first, 0, Columns<TLanes>());
        if (width < Columns<TLanes>())
            new Span<float>(to, rows * Columns<TLanes>()).Clear();
        int column = 0;
        for (; column + Corner <= width; column += Corner)
        {
            float* from = matrix + (long)(first + column) * rows;
            for (int row = 0; row < rows; row += Corner)
                Turn<TLanes>(from + row, rows, to + row * Columns<TLanes>() + column);
        }

        for (; column < width; column++)
        {
            for (int row = 0; row < rows; row++)
                to[row * Columns<TLanes>() + column] = matrix[(long)(first + column) * rows + row];
        }

        return to + (long)rows * Columns<TLanes>();
    }

    /// <summary>c = a b, or c + a b.</summary>
    /// <param name="a">(rows, depth): an element lies at row times <paramref name="aRow"/> plus column times <paramref name="aColumn"/>.</param>
    /// <param name="aRow">Distance of a's rows.</param>
    /// <param name="aColumn">Distance of a's columns.</param>
    /// <param name="panels">b, (depth, columns) in panels.</param>
    /// <param name="depth">Columns of a, rows of b.</param>
    /// <param name="c">(rows, columns).</param>
    /// <param name="rows">Rows of c.</param>
    /// <param name="columns">Columns of c, a multiple of 16, and the distance of its rows.</param>
    /// <param name="adds">Whether c is added to.</param>
    public static void Multiply<TLanes>(float* a, int aRow, int aColumn, float* panels, int depth, float* c, int rows, int columns, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (int first = 0; first < columns; first += Columns<TLanes>(), panels += (long)depth * Columns<TLanes>())
        {
            for (int row = 0; row < depth; row += Depth)
                Panel<TLanes>(a + (long)row * aColumn, aRow, aColumn, panels + row * Columns<TLanes>(), Math.Min(Depth, depth - row), c + first, rows, columns, columns - first, adds || row > 0);
        }
    }

    private static void Panel<TLanes>(float* a, int aRow, int aColumn, float* b, int depth, float* c, int rows, int stride, int width, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // As many rows as there are registers for their sums.
        int rowsAtOnce = TLanes.Count == Vectors.Lanes ? 8 : 6;
        bool isPair = width >= Columns<TLanes>();
        int row = 0;
        for (; row + rowsAtOnce <= rows; row += rowsAtOnce)
        {
            float* from = a + (long)row * aRow, to = c + (long)row * stride;
            if (!isPair)
                EightNarrow<TLanes>(from, aRow, aColumn, b, depth, to, stride, adds);
            else if (TLanes.Count == Vectors.Lanes)
                Eight<TLanes>(from, aRow, aColumn, b, depth, to, stride, adds);
            else
                Six<TLanes>(from, aRow, aColumn, b, depth, to, stride, adds);
        }

        for (; row + 2 <= rows; row += 2)
            Two<TLanes>(a + (long)row * aRow, aRow, aColumn, b, depth, c + (long)row * stride, stride, isPair, adds);
        if (row < rows)
            One<TLanes>(a + (long)row * aRow, aColumn, b, depth, c + (long)row * stride, isPair, adds);
    }

    // Eight rows of two vectors: sixteen sums under way hide the latency of the additions, and eight numbers of a and two vectors of b are read for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Eight<TLanes>(float* a, nint r1, nint aColumn, float* b, int depth, float* c, int stride, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        nint r2 = 2 * r1, r3 = 3 * r1, r4 = 4 * r1, r5 = 5 * r1, r6 = 6 * r1, r7 = 7 * r1;
        TLanes c00 = TLanes.Of(0), c01 = TLanes.Of(0), c10 = TLanes.Of(0), c11 = TLanes.Of(0), c20 = TLanes.Of(0), c21 = TLanes.Of(0), c30 = TLanes.Of(0), c31 = TLanes.Of(0), c40 = TLanes.Of(0), c41 = TLanes.Of(0), c50 = TLanes.Of(0), c51 = TLanes.Of(0);
        TLanes c60 = TLanes.Of(0), c61 = TLanes.Of(0), c70 = TLanes.Of(0), c71 = TLanes.Of(0);
        for (int k = 0; k < depth; k++)
        {
            TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);
            TLanes x = TLanes.Of(*a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Of(a[r1]);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Of(a[r2]);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Of(a[r3]);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Of(a[r4]);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Of(a[r5]);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            x = TLanes.Of(a[r6]);
            c60 = TLanes.MultiplyAdd(x, b0, c60);
            c61 = TLanes.MultiplyAdd(x, b1, c61);
            x = TLanes.Of(a[r7]);
            c70 = TLanes.MultiplyAdd(x, b0, c70);
            c71 = TLanes.MultiplyAdd(x, b1, c71);
            a += aColumn;
            b += 2 * TLanes.Count;
        }

        Put(c, c00, c01, adds);
        Put(c + stride, c10, c11, adds);
        Put(c + 2L * stride, c20, c21, adds);
        Put(c + 3L * stride, c30, c31, adds);
        Put(c + 4L * stride, c40, c41, adds);
        Put(c + 5L * stride, c50, c51, adds);
        Put(c + 6L * stride, c60, c61, adds);
        Put(c + 7L * stride, c70, c71, adds);
    }

    // Six rows of two vectors are what sixteen registers hold.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Six<TLanes>(float* a, nint r1, nint aColumn, float* b, int depth, float* c, int stride, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        nint r2 = 2 * r1, r3 = 3 * r1, r4 = 4 * r1, r5 = 5 * r1;
        TLanes c00 = TLanes.Of(0), c01 = TLanes.Of(0), c10 = TLanes.Of(0), c11 = TLanes.Of(0), c20 = TLanes.Of(0), c21 = TLanes.Of(0), c30 = TLanes.Of(0), c31 = TLanes.Of(0), c40 = TLanes.Of(0), c41 = TLanes.Of(0), c50 = TLanes.Of(0), c51 = TLanes.Of(0);
        for (int k = 0; k < depth; k++)
        {
            TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);
            TLanes x = TLanes.Of(*a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Of(a[r1]);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Of(a[r2]);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Of(a[r3]);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Of(a[r4]);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Of(a[r5]);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            a += aColumn;
            b += 2 * TLanes.Count;
        }

        Put(c, c00, c01, adds);
        Put(c + stride, c10, c11, adds);
        Put(c + 2L * stride, c20, c21, adds);
        Put(c + 3L * stride, c30, c31, adds);
        Put(c + 4L * stride, c40, c41, adds);
        Put(c + 5L * stride, c50, c51, adds);
    }

    // Eight rows of one vector, for a last panel that is half full.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void EightNarrow<TLanes>(float* a, nint r1, nint aColumn, float* b, int depth, float* c, int stride, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        nint r2 = 2 * r1, r3 = 3 * r1, r4 = 4 * r1, r5 = 5 * r1, r6 = 6 * r1, r7 = 7 * r1;
        TLanes c0 = TLanes.Of(0), c1 = TLanes.Of(0), c2 = TLanes.Of(0), c3 = TLanes.Of(0), c4 = TLanes.Of(0), c5 = TLanes.Of(0), c6 = TLanes.Of(0), c7 = TLanes.Of(0);
        for (int k = 0; k < depth; k++)
        {
            TLanes b0 = TLanes.Load(b);
            c0 = TLanes.MultiplyAdd(TLanes.Of(*a), b0, c0);
            c1 = TLanes.MultiplyAdd(TLanes.Of(a[r1]), b0, c1);
            c2 = TLanes.MultiplyAdd(TLanes.Of(a[r2]), b0, c2);
            c3 = TLanes.MultiplyAdd(TLanes.Of(a[r3]), b0, c3);
            c4 = TLanes.MultiplyAdd(TLanes.Of(a[r4]), b0, c4);
            c5 = TLanes.MultiplyAdd(TLanes.Of(a[r5]), b0, c5);
            c6 = TLanes.MultiplyAdd(TLanes.Of(a[r6]), b0, c6);
            c7 = TLanes.MultiplyAdd(TLanes.Of(a[r7]), b0, c7);
            a += aColumn;
            b += 2 * TLanes.Count;
        }

        Put(c, c0, adds);
        Put(c + stride, c1, adds);
        Put(c + 2L * stride, c2, adds);
        Put(c + 3L * stride, c3, adds);
        Put(c + 4L * stride, c4, adds);
        Put(c + 5L * stride, c5, adds);
        Put(c + 6L * stride, c6, adds);
        Put(c + 7L * stride, c7, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Two<TLanes>(float* a, nint r1, nint aColumn, float* b, int depth, float* c, int stride, bool isPair, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes c00 = TLanes.Of(0), c01 = TLanes.Of(0), c10 = TLanes.Of(0), c11 = TLanes.Of(0);
        for (int k = 0; k < depth; k++)
        {
            TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);
            TLanes x = TLanes.Of(*a), y = TLanes.Of(a[r1]);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            c10 = TLanes.MultiplyAdd(y, b0, c10);
            c11 = TLanes.MultiplyAdd(y, b1, c11);
            a += aColumn;
            b += 2 * TLanes.Count;
        }

        if (isPair)
        {
            Put(c, c00, c01, adds);
            Put(c + stride, c10, c11, adds);
        }
        else
        {
            Put(c, c00, adds);
            Put(c + stride, c10, adds);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void One<TLanes>(float* a, nint aColumn, float* b, int depth, float* c, bool isPair, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes c0 = TLanes.Of(0), c1 = TLanes.Of(0);
        for (int k = 0; k < depth; k++)
        {
            TLanes x = TLanes.Of(*a);
            c0 = TLanes.MultiplyAdd(x, TLanes.Load(b), c0);
            c1 = TLanes.MultiplyAdd(x, TLanes.Load(b + TLanes.Count), c1);
            a += aColumn;
            b += 2 * TLanes.Count;
        }

        if (isPair)
            Put(c, c0, c1, adds);
        else
            Put(c, c0, adds);
    }

    // Four times four numbers, the rows of one as the columns of the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<TLanes>(float* from, int fromStride, float* to)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int stride = Columns<TLanes>();
        Vector128<float> row0 = Vector128.Load(from), row1 = Vector128.Load(from + fromStride), row2 = Vector128.Load(from + 2L * fromStride), row3 = Vector128.Load(from + 3L * fromStride);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<int> turned = Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            Vector512<float> corner = Vector512.Shuffle(Vector512.Create(Vector256.Create(row0, row1), Vector256.Create(row2, row3)), turned);
            corner.GetLower().GetLower().Store(to);
            corner.GetLower().GetUpper().Store(to + stride);
            corner.GetUpper().GetLower().Store(to + 2 * stride);
            corner.GetUpper().GetUpper().Store(to + 3 * stride);
        }
        else
        {
            Vector256<int> turned = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
            Vector256<float> even = Vector256.Shuffle(Vector256.Create(row0, row2), turned), odd = Vector256.Shuffle(Vector256.Create(row1, row3), turned);
            // (a0 c0 a1 c1 a2 c2 a3 c3) and (b0 d0 b1 d1 b2 d2 b3 d3)
            Vector256<float> lower = Vector256.Shuffle(Vector256.Create(even.GetLower(), odd.GetLower()), turned);
            Vector256<float> upper = Vector256.Shuffle(Vector256.Create(even.GetUpper(), odd.GetUpper()), turned);
            lower.GetLower().Store(to);
            lower.GetUpper().Store(to + stride);
            upper.GetLower().Store(to + 2 * stride);
            upper.GetUpper().Store(to + 3 * stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TLanes>(float* c, TLanes first, TLanes second, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        Put(c, first, adds);
        Put(c + TLanes.Count, second, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TLanes>(float* c, TLanes sum, bool adds)
        where TLanes : unmanaged, ILanes<TLanes> => (adds ? TLanes.Load(c) + sum : sum).Store(c);
}
