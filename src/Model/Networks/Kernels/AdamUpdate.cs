using System.Runtime.CompilerServices;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>A step of Adam in one pass over the memory; operator by operator it would pass over the same numbers five times.</summary>
internal unsafe struct AdamUpdate
{
    /// <summary>Number of parameters.</summary>
    public long Count;

    /// <summary>The parameters; changed.</summary>
    public float* Values;

    /// <summary>Their gradient.</summary>
    public float* Gradient;

    /// <summary>The first moment; changed.</summary>
    public float* First;

    /// <summary>The second moment; changed.</summary>
    public float* Second;

    /// <summary>1 - beta1.</summary>
    public float FirstShare;

    /// <summary>beta2.</summary>
    public float SecondKept;

    /// <summary>1 - beta2.</summary>
    public float SecondShare;

    /// <summary>What the root of the second moment is multiplied by: its bias correction.</summary>
    public float RootScale;

    /// <summary>Added to that.</summary>
    public float Epsilon;

    /// <summary>What a step of one times the moment over the root moves: the learning rate with the first moment's bias correction.</summary>
    public float Rate;

    /// <summary>Does a range of <see cref="Vectors.PartsOf"/> the parameters; the context is one of these.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Do<TLanes>(void* context, int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        AdamUpdate work = *(AdamUpdate*)context;
        long i = (long)first * Vectors.PerPart;
        long last = Math.Min((long)end * Vectors.PerPart, work.Count);
        TLanes firstShare = TLanes.Of(work.FirstShare), secondKept = TLanes.Of(work.SecondKept), secondShare = TLanes.Of(work.SecondShare);
        TLanes rootScale = TLanes.Of(work.RootScale), epsilon = TLanes.Of(work.Epsilon), rate = TLanes.Of(work.Rate);
        for (; i + TLanes.Count <= last; i += TLanes.Count)
        {
            TLanes g = TLanes.Load(work.Gradient + i), m = TLanes.Load(work.First + i), v = TLanes.Load(work.Second + i);
            m += firstShare * (g - m);
            v = v * secondKept + g * g * secondShare;
            m.Store(work.First + i);
            v.Store(work.Second + i);
            (TLanes.Load(work.Values + i) - rate * (m / (TLanes.Root(v) * rootScale + epsilon))).Store(work.Values + i);
        }

        for (; i < last; i++)
        {
            float g = work.Gradient[i];
            float m = work.First[i] += work.FirstShare * (g - work.First[i]);
            float v = work.Second[i] = work.Second[i] * work.SecondKept + g * g * work.SecondShare;
            work.Values[i] -= work.Rate * (m / (MathF.Sqrt(v) * work.RootScale + work.Epsilon));
        }
    }
}
