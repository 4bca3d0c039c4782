using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>What all kernels share: how wide they work, and how they come to a tensor's memory.</summary>
internal static unsafe class Vectors
{
    /// <summary>Floats that are worked on at once by the widest vectors; kernels that go along channels want whole ones of these everywhere.</summary>
    public const int Lanes = 16;

    /// <summary>Numbers of a long buffer that one part of a loop over it has.</summary>
    public const int PerPart = 1 << 14;

    /// <summary>Whether kernels work on 16 floats at once, as the processor does if it can, or on 8. Either works everywhere.</summary>
    public static bool AreWide { get; set; } = Vector512.IsHardwareAccelerated;

    /// <summary>Whether kernels of ours are fast on this processor.</summary>
    public static bool AreFast => Vector256.IsHardwareAccelerated && Fma.IsSupported;

    /// <summary>How many such parts a buffer has; the last may be shorter.</summary>
    public static int PartsOf(long count) => checked((int)((count + PerPart - 1) / PerPart));

    /// <summary>Whether loops of ours can go through buffers: float32 on the CPU, contiguous, and no longer than a span; and whether they are fast.</summary>
    public static bool AreFlat(params Tensor[] buffers) => AreFast && buffers.All(
        buffer => buffer.device_type == DeviceType.CPU && buffer.dtype == ScalarType.Float32 && buffer.is_contiguous() && buffer.numel() <= int.MaxValue / sizeof(float));

    /// <summary>Where a tensor's numbers lie; the tensor must outlive what is done there.</summary>
    /// <param name="contiguous">On the CPU and contiguous, of any type.</param>
    /// <returns>Null for no tensor.</returns>
    public static float* Of(Tensor? contiguous) => contiguous is null ? null : (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(contiguous.bytes));

    /// <summary>Memory for so many numbers, on whole lines of the cache; to be freed by <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static float* Room(long floats) => (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
}
