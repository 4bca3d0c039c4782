using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The right-hand matrix of a product, in panels of 32 columns that are read from front to back; missing columns of the last one are 0.</summary>
/// <remarks>The blocking of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), for matrices that fit the second-level cache as they are.</remarks>
internal static unsafe class Panels
{
    /// <summary>Columns of a panel: two vectors.</summary>
    public const int Columns = 2 * Vectors.Lanes;

    private const int RowsAtOnce = 8;
    private const int Corner = 4;

    /// <summary>The number of columns with the missing ones of the last panel.</summary>
    public static int Whole(int columns) => (columns + Columns - 1) / Columns * Columns;

    /// <summary>Puts a matrix into panels.</summary>
    /// <param name="matrix">(rows, columns).</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns, a multiple of 16, and the distance of its rows.</param>
    /// <param name="panels">Takes rows times <see cref="Whole"/> columns numbers.</param>
    public static void Pack(float* matrix, int rows, int columns, float* panels)
    {
        for (int first = 0; first < columns; first += Columns)
        {
            int width = Math.Min(Columns, columns - first);
            for (int row = 0; row < rows; row++, panels += Columns)
            {
                float* from = matrix + (long)row * columns + first;
                Vector512.Load(from).Store(panels);
                (width == Columns ? Vector512.Load(from + Vectors.Lanes) : default).Store(panels + Vectors.Lanes);
            }
        }
    }

    /// <summary>Puts the transpose of a matrix into panels.</summary>
    /// <param name="matrix">(columns, rows).</param>
    /// <param name="rows">Rows of the transpose, a multiple of 16, and the distance of the matrix's rows.</param>
    /// <param name="columns">Columns of the transpose.</param>
    /// <param name="panels">Takes rows times <see cref="Whole"/> columns numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(float* matrix, int rows, int columns, float* panels)
    {
        Vector512<int> turned = Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        for (int first = 0; first < columns; first += Columns, panels += (long)rows * Columns)
        {
            int width = Math.Min(Columns, columns - first);
            if (width < Columns)
                new Span<float>(panels, rows * Columns).Clear();
            int column = 0;
            for (; column + Corner <= width; column += Corner)
            {
                float* from = matrix + (long)(first + column) * rows;
                float* to = panels + column;
                for (int row = 0; row < rows; row += Corner, from += Corner, to += Corner * Columns)
                {
                    Vector256<float> upper = Vector256.Create(Vector128.Load(from), Vector128.Load(from + rows));
                    Vector256<float> lower = Vector256.Create(Vector128.Load(from + 2L * rows), Vector128.Load(from + 3L * rows));
                    Vector512<float> corner = Vector512.Shuffle(Vector512.Create(upper, lower), turned);
                    corner.GetLower().GetLower().Store(to);
                    corner.GetLower().GetUpper().Store(to + Columns);
                    corner.GetUpper().GetLower().Store(to + 2 * Columns);
                    corner.GetUpper().GetUpper().Store(to + 3 * Columns);
                }
            }

            for (; column < width; column++)
            {
                for (int row = 0; row < rows; row++)
                    panels[(long)row * Columns + column] = matrix[(long)(first + column) * rows + row];
            }
        }
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
    public static void Multiply(float* a, int aRow, int aColumn, float* panels, int depth, float* c, int rows, int columns, bool adds)
    {
        for (int first = 0; first < columns; first += Columns, panels += (long)depth * Columns)
        {
            bool isWhole = columns - first >= Columns;
            int row = 0;
            for (; row + RowsAtOnce <= rows; row += RowsAtOnce)
            {
                float* corner = c + (long)row * columns + first;
                if (isWhole)
                    Eight(a + (long)row * aRow, aRow, aColumn, panels, depth, corner, columns, adds);
                else
                    EightNarrow(a + (long)row * aRow, aRow, aColumn, panels, depth, corner, columns, adds);
            }

            for (; row < rows; row++)
                One(a + (long)row * aRow, aColumn, panels, depth, c + (long)row * columns + first, isWhole, adds);
        }
    }

    // Eight rows of two vectors: sixteen sums under way hide the latency of the additions, and eight numbers of a and two vectors of b are read for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float* a, nint r1, nint aColumn, float* b, int depth, float* c, int stride, bool adds)
    {
        nint r2 = 2 * r1, r3 = 3 * r1, r4 = 4 * r1, r5 = 5 * r1, r6 = 6 * r1, r7 = 7 * r1;
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Vectors.Lanes);
            Vector512<float> x = Vector512.Create(*a);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[r1]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[r2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(a[r3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a[r4]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a[r5]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(a[r6]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a[r7]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            a += aColumn;
            b += Columns;
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

    // The same with one vector, for a last panel that is half full.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightNarrow(float* a, nint r1, nint aColumn, float* b, int depth, float* c, int stride, bool adds)
    {
        nint r2 = 2 * r1, r3 = 3 * r1, r4 = 4 * r1, r5 = 5 * r1, r6 = 6 * r1, r7 = 7 * r1;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> b0 = Vector512.Load(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(*a), b0, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r1]), b0, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r2]), b0, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r3]), b0, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r4]), b0, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r5]), b0, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r6]), b0, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(a[r7]), b0, c7);
            a += aColumn;
            b += Columns;
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* a, nint aColumn, float* b, int depth, float* c, bool isWhole, bool adds)
    {
        Vector512<float> c0 = default, c1 = default;
        for (int k = 0; k < depth; k++)
        {
            Vector512<float> x = Vector512.Create(*a);
            c0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b), c0);
            c1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b + Vectors.Lanes), c1);
            a += aColumn;
            b += Columns;
        }

        if (isWhole)
            Put(c, c0, c1, adds);
        else
            Put(c, c0, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector512<float> first, Vector512<float> second, bool adds)
    {
        Put(c, first, adds);
        Put(c + Vectors.Lanes, second, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector512<float> sum, bool adds) => (adds ? Vector512.Load(c) + sum : sum).Store(c);
}
