using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Takes NNPACK out of libtorch's choice of convolutions: on processors that it does not know, libtorch writes a warning whenever it asks.</summary>
/// <remarks>
/// torch.backends.nnpack of PyTorch; TorchSharp 0.107 does not bind it, so the two functions behind it are called by their names in libtorch. Where they have other
/// names, nothing is done. NNPACK was only ever asked for small batches, and the convolutions that stand in for it are those of processors without it.
/// </remarks>
internal static unsafe class Nnpack
{
    /// <summary>Does it for the whole process; libtorch is loaded already.</summary>
    /// <returns>Whether it was done.</returns>
    public static bool Disable()
    {
        Assembly binding = typeof(torch).Assembly;
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libtorch_cpu.so", binding, null, out nint library))
            return false;

        // at::globalContext() and at::Context::setUserEnabledNNPACK(bool)
        if (!NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out nint globalContext)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out nint setEnabled))
            return false;
        ((delegate* unmanaged<nint, byte, void>)setEnabled)(((delegate* unmanaged<nint>)globalContext)(), 0);
        return true;
    }
}
