using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The sum of the squares of a long buffer, or of its differences from another, on all threads: libtorch adds up on one.</summary>
internal unsafe struct SquaredDistance
{
    private long _count;
    private float* _first;
    private float* _second;
    private double* _sums;

    /// <summary>The sum of the squares of what one buffer has and another has not.</summary>
    /// <param name="first">(P,) float32 on the CPU.</param>
    /// <param name="second">The same; null for zeros.</param>
    /// <returns>The sum, added up in double precision.</returns>
    public static double Of(Tensor first, Tensor? second)
    {
        int parts = Vectors.PartsOf(first.numel());
        double[] sums = GC.AllocateUninitializedArray<double>(parts, pinned: true);
        fixed (double* place = sums)
        {
            SquaredDistance work = new() { _count = first.numel(), _first = Vectors.Of(first), _second = Vectors.Of(second), _sums = place };
            ThreadTeam.Run(parts, &Do, &work);
        }

        // In their order, so that the whole does not depend on the threads.
        double sum = 0;
        foreach (double part in sums)
            sum += part;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Do(void* context, int firstPart, int endPart)
    {
        SquaredDistance work = *(SquaredDistance*)context;
        for (int part = firstPart; part < endPart; part++)
        {
            long i = (long)part * Vectors.PerPart;
            long end = Math.Min(i + Vectors.PerPart, work._count);
            Vector512<double> lower = Vector512<double>.Zero, upper = lower;
            for (; i + Vectors.Lanes <= end; i += Vectors.Lanes)
            {
                Vector512<float> x = Vector512.Load(work._first + i);
                if (work._second != null)
                    x -= Vector512.Load(work._second + i);
                (Vector512<double> low, Vector512<double> high) = Vector512.Widen(x);
                lower = Vector512.FusedMultiplyAdd(low, low, lower);
                upper = Vector512.FusedMultiplyAdd(high, high, upper);
            }

            double sum = Vector512.Sum(lower + upper);
            for (; i < end; i++)
            {
                double x = work._second == null ? work._first[i] : work._first[i] - work._second[i];
                sum += x * x;
            }

            work._sums[part] = sum;
        }
    }
}
