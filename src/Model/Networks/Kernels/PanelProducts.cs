using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>Some rows of a matrix times a panel of another (<see cref="Panels"/>): the innermost loops, whose sums are in registers.</summary>
internal static unsafe class PanelProducts
{
    /// <summary>c = a b, or c + a b, for the columns of one panel.</summary>
    /// <param name="a">(rows, depth), as <see cref="Panels.Multiply"/> has it.</param>
    /// <param name="aRow">Distance of a's rows.</param>
    /// <param name="aColumn">Distance of a's columns.</param>
    /// <param name="b">The panel, (depth, <see cref="Panels.Columns"/>).</param>
    /// <param name="depth">Columns of a, rows of the panel.</param>
    /// <param name="c">Where the panel's columns begin in c.</param>
    /// <param name="rows">Rows of c.</param>
    /// <param name="stride">Distance of c's rows.</param>
    /// <param name="width">Columns from there to c's last; with fewer than a panel has, only its first vector is wanted.</param>
    /// <param name="adds">Whether c is added to.</param>
    public static void Multiply<TLanes>(float* a, int aRow, int aColumn, float* b, int depth, float* c, int rows, int stride, int width, bool adds)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // As many rows as there are registers for their sums.
        int rowsAtOnce = TLanes.Count == Vectors.Lanes ? 8 : 6;
        bool isPair = width >= Panels.Columns<TLanes>();
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
