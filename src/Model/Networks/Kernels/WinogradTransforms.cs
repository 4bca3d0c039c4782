using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The transforms of F(2 × 2, 3 × 3): what is added and subtracted around the products, a vector of channels at a time.</summary>
/// <remarks>
/// A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016), section 4.1: y = Aᵀ((G g Gᵀ) ∘ (Bᵀ d B))A for a tile d of 4 × 4 pixels and a kernel g, and, since that
/// is linear in both, gradient dg = Gᵀ((A dy Aᵀ) ∘ (Bᵀ d B))G. All numbers of the three matrices are 0, ±1 and ±1/2, so little precision is lost.
/// </remarks>
internal static unsafe class WinogradTransforms
{
    /// <summary>A row of Bᵀ d B of one tile.</summary>
    /// <param name="row">Which of the four.</param>
    /// <param name="pixels">The sixteen pixels of d, row by row; each points to its channels.</param>
    /// <param name="channels">Their number, a multiple of 16.</param>
    /// <param name="points">Takes the row: its first point's channels.</param>
    /// <param name="pointStride">Distance of the points.</param>
    /// <param name="columnStride">Distance of a panel's channels and the next panel's at a point.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InputRow<TLanes>(int row, float** pixels, int channels, float* points, nint pointStride, nint columnStride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float** a = pixels + WinogradShape.Reach * FirstOf(row), b = pixels + WinogradShape.Reach * SecondOf(row);
        float* a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
        for (nint channel = 0; channel < channels; points += columnStride)
        {
            for (float* to = points; to < points + Panels.Columns<TLanes>() && channel < channels; to += TLanes.Count, channel += TLanes.Count)
            {
                TLanes t0 = TLanes.Load(b0 + channel), t1 = TLanes.Load(b1 + channel), t2 = TLanes.Load(b2 + channel), t3 = TLanes.Load(b3 + channel);
                if (row == 1)
                    (t0, t1, t2, t3) = (TLanes.Load(a0 + channel) + t0, TLanes.Load(a1 + channel) + t1, TLanes.Load(a2 + channel) + t2, TLanes.Load(a3 + channel) + t3);
                else
                    (t0, t1, t2, t3) = (TLanes.Load(a0 + channel) - t0, TLanes.Load(a1 + channel) - t1, TLanes.Load(a2 + channel) - t2, TLanes.Load(a3 + channel) - t3);
                (t0 - t2).Store(to);
                (t1 + t2).Store(to + pointStride);
                (t2 - t1).Store(to + 2 * pointStride);
                (t1 - t3).Store(to + 3 * pointStride);
            }
        }
    }

    /// <summary>The row of d that a row of Bᵀ d begins with.</summary>
    public static int FirstOf(int row) => row == 0 ? 0 : row == 2 ? 2 : 1;

    /// <summary>The row of d that is taken from it, or, for row 1, added to it.</summary>
    public static int SecondOf(int row) => row switch { 2 => 1, 3 => 3, _ => 2 };

    /// <summary>What a row of m adds to Aᵀ m A, for one tile; row 0 and 1 begin with the bias.</summary>
    /// <param name="row">Which of the four; they come in order.</param>
    /// <param name="points">The row's first point's channels.</param>
    /// <param name="pointStride">Distance of the points.</param>
    /// <param name="channels">Their number, a multiple of 16.</param>
    /// <param name="bias">Added to each pixel, one for each channel; null for nothing.</param>
    /// <param name="pixels">The four pixels of the output, row by row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputRow<TLanes>(int row, float* points, nint pointStride, int channels, float* bias, float** pixels)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float* y00 = pixels[0], y01 = pixels[1], y10 = pixels[2], y11 = pixels[3];
        for (nint channel = 0; channel < channels; channel += TLanes.Count)
        {
            float* m = points + channel;
            TLanes m1 = TLanes.Load(m + pointStride), m2 = TLanes.Load(m + 2 * pointStride);
            TLanes left = TLanes.Load(m) + (m1 + m2), right = m1 - m2 - TLanes.Load(m + 3 * pointStride);
            if (row < 2)
            {
                TLanes begin = bias == null ? TLanes.Of(0) : TLanes.Load(bias + channel);
                ((row == 0 ? begin : TLanes.Load(y00 + channel)) + left).Store(y00 + channel);
                ((row == 0 ? begin : TLanes.Load(y01 + channel)) + right).Store(y01 + channel);
                if (row == 1)
                {
                    (begin + left).Store(y10 + channel);
                    (begin + right).Store(y11 + channel);
                }

                continue;
            }

            if (row == 2)
            {
                (TLanes.Load(y00 + channel) + left).Store(y00 + channel);
                (TLanes.Load(y01 + channel) + right).Store(y01 + channel);
            }

            (TLanes.Load(y10 + channel) - left).Store(y10 + channel);
            (TLanes.Load(y11 + channel) - right).Store(y11 + channel);
        }
    }

    /// <summary>A row of A dy Aᵀ of one tile's gradient.</summary>
    /// <param name="row">Which of the four.</param>
    /// <param name="pixels">The four pixels, row by row.</param>
    /// <param name="channels">Their channels, a multiple of 16.</param>
    /// <param name="points">Takes the row.</param>
    /// <param name="pointStride">Distance of its points.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputGradientRow<TLanes>(int row, float** pixels, int channels, float* points, nint pointStride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float* y00 = pixels[0], y01 = pixels[1], y10 = pixels[2], y11 = pixels[3];
        for (nint channel = 0; channel < channels; channel += TLanes.Count)
        {
            float* to = points + channel;
            TLanes d0 = TLanes.Load((row == 3 ? y10 : y00) + channel), d1 = TLanes.Load((row == 3 ? y11 : y01) + channel);
            if (row == 1)
                (d0, d1) = (d0 + TLanes.Load(y10 + channel), d1 + TLanes.Load(y11 + channel));
            else if (row == 2)
                (d0, d1) = (d0 - TLanes.Load(y10 + channel), d1 - TLanes.Load(y11 + channel));
            else if (row == 3)
                (d0, d1) = (-d0, -d1);
            d0.Store(to);
            (d0 + d1).Store(to + pointStride);
            (d0 - d1).Store(to + 2 * pointStride);
            (-d1).Store(to + 3 * pointStride);
        }
    }

    /// <summary>G g Gᵀ of the kernels of a vector of channels.</summary>
    /// <param name="kernel">The first of nine, row by row.</param>
    /// <param name="kernelStride">Distance of the nine; negative for a kernel that is turned by half a circle.</param>
    /// <param name="points">Takes the transform.</param>
    /// <param name="pointStride">Distance of its points.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Kernel<TLanes>(float* kernel, nint kernelStride, float* points, nint pointStride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes g00 = TLanes.Load(kernel), g01 = TLanes.Load(kernel + kernelStride), g02 = TLanes.Load(kernel + 2 * kernelStride);
        kernel += 3 * kernelStride;
        TLanes g10 = TLanes.Load(kernel), g11 = TLanes.Load(kernel + kernelStride), g12 = TLanes.Load(kernel + 2 * kernelStride);
        kernel += 3 * kernelStride;
        TLanes g20 = TLanes.Load(kernel), g21 = TLanes.Load(kernel + kernelStride), g22 = TLanes.Load(kernel + 2 * kernelStride);
        TLanes half = TLanes.Of(0.5f);
        KernelRow<TLanes>(g00, g01, g02, points, pointStride);
        (TLanes e0, TLanes e1, TLanes e2) = ((g00 + g20) * half, (g01 + g21) * half, (g02 + g22) * half);
        (TLanes o0, TLanes o1, TLanes o2) = (g10 * half, g11 * half, g12 * half);
        KernelRow<TLanes>(e0 + o0, e1 + o1, e2 + o2, points + 4 * pointStride, pointStride);
        KernelRow<TLanes>(e0 - o0, e1 - o1, e2 - o2, points + 8 * pointStride, pointStride);
        KernelRow<TLanes>(g20, g21, g22, points + 12 * pointStride, pointStride);
    }

    /// <summary>Gᵀ u G: the gradient of the kernels of a vector of channels.</summary>
    /// <param name="points">The sums of the products at the first point.</param>
    /// <param name="pointStride">Distance of the points.</param>
    /// <param name="kernel">Takes the first of nine, row by row.</param>
    /// <param name="kernelStride">Distance of the nine.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KernelGradient<TLanes>(float* points, nint pointStride, float* kernel, nint kernelStride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        (TLanes r00, TLanes r01, TLanes r02) = KernelGradientRow<TLanes>(points, pointStride);
        (TLanes r10, TLanes r11, TLanes r12) = KernelGradientRow<TLanes>(points + 4 * pointStride, pointStride);
        (TLanes r20, TLanes r21, TLanes r22) = KernelGradientRow<TLanes>(points + 8 * pointStride, pointStride);
        (TLanes r30, TLanes r31, TLanes r32) = KernelGradientRow<TLanes>(points + 12 * pointStride, pointStride);
        Column<TLanes>(r00, r10, r20, r30, kernel, 3 * kernelStride);
        Column<TLanes>(r01, r11, r21, r31, kernel + kernelStride, 3 * kernelStride);
        Column<TLanes>(r02, r12, r22, r32, kernel + 2 * kernelStride, 3 * kernelStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KernelRow<TLanes>(TLanes g0, TLanes g1, TLanes g2, float* to, nint stride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes half = TLanes.Of(0.5f);
        TLanes even = (g0 + g2) * half, odd = g1 * half;
        g0.Store(to);
        (even + odd).Store(to + stride);
        (even - odd).Store(to + 2 * stride);
        g2.Store(to + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TLanes First, TLanes Second, TLanes Third) KernelGradientRow<TLanes>(float* u, nint stride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes half = TLanes.Of(0.5f);
        TLanes u1 = TLanes.Load(u + stride), u2 = TLanes.Load(u + 2 * stride);
        TLanes even = (u1 + u2) * half;
        return (TLanes.Load(u) + even, (u1 - u2) * half, even + TLanes.Load(u + 3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<TLanes>(TLanes r0, TLanes r1, TLanes r2, TLanes r3, float* to, nint stride)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes half = TLanes.Of(0.5f);
        TLanes even = (r1 + r2) * half;
        (r0 + even).Store(to);
        ((r1 - r2) * half).Store(to + stride);
        (even + r3).Store(to + 2 * stride);
    }
}
