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
                PanelProducts.Multiply<TLanes>(a + (long)row * aColumn, aRow, aColumn, panels + row * Columns<TLanes>(), Math.Min(Depth, depth - row), c + first, rows, columns, columns - first, adds || row > 0);
        }
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
}
