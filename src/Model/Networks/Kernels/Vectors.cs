using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>What all kernels share: how wide they work, and how they come to a tensor's memory.</summary>
internal static unsafe class Vectors
{
    /// <summary>Floats that are worked on at once.</summary>
    public const int Lanes = 16;

    /// <summary>Where a tensor's numbers lie; the tensor must outlive what is done there.</summary>
    /// <param name="contiguous">On the CPU and contiguous, of any type.</param>
    public static float* Of(Tensor contiguous) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(contiguous.bytes));
}
