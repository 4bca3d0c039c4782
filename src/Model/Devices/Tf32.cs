using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Devices;

/// <summary>Whether CUDA devices may round the inputs of float32 products to TF32. libtorch has one such setting for the process, and allows it in convolutions unless told.</summary>
internal static class Tf32
{
    private static readonly SharedSwitch Setting = new(Allow);

    /// <summary>Keeps the setting as a job wants it; a job that wants it otherwise waits meanwhile. Does nothing for the CPU, which has no TF32.</summary>
    /// <param name="device">Where the job computes, as libtorch names it.</param>
    /// <param name="allowed">Whether it may round.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>Disposing it ends the job's claim.</returns>
    /// <exception cref="OperationCanceledException">It was asked to stop while it waited.</exception>
    public static IDisposable? Hold(string device, bool allowed, CancellationToken stop)
        => new Device(device).type == DeviceType.CUDA ? Setting.Hold(allowed, stop) : null;

    /// <summary>Sets both of libtorch's switches.</summary>
    internal static void Allow(bool allowed)
    {
        backends.cuda.matmul.allow_tf32 = allowed;
        backends.cudnn.allow_tf32 = allowed;
    }
}
