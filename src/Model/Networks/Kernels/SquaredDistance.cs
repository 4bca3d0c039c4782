using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The sum of the squares of a long buffer, or of its differences from another, on all threads: libtorch adds up on one.</summary>
internal unsafe struct SquaredDistance
{
    // Numbers that are added up side by side, so that no sum waits for the one before.
    private const int Run = 4 * Vectors.Lanes;

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
            ThreadTeam.Run(parts, &Do<Lanes16>, &Do<Lanes8>, &work);
        }

        // In their order, so that the whole does not depend on the threads.
        double sum = 0;
        foreach (double part in sums)
            sum += part;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Do<TLanes>(void* context, int firstPart, int endPart)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        SquaredDistance work = *(SquaredDistance*)context;
        double* sums = stackalloc double[Run];
        for (int part = firstPart; part < endPart; part++)
        {
            long i = (long)part * Vectors.PerPart;
            long end = Math.Min(i + Vectors.PerPart, work._count);
            new Span<double>(sums, Run).Clear();
            for (; i + Run <= end; i += Run)
            {
                for (int lane = 0; lane < Run; lane += TLanes.Count)
                {
                    TLanes x = TLanes.Load(work._first + i + lane);
                    if (work._second != null)
                        x -= TLanes.Load(work._second + i + lane);
                    x.AddSquaresTo(sums + lane);
                }
            }

            double sum = 0;
            for (int lane = 0; lane < Run; lane++)
                sum += sums[lane];
            for (; i < end; i++)
            {
                double x = work._second == null ? work._first[i] : work._first[i] - work._second[i];
                sum += x * x;
            }

            work._sums[part] = sum;
        }
    }
}
