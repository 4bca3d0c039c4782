using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>The timesteps of a batch on the CPU.</summary>
/// <param name="Values">Zero-based timestep by image.</param>
/// <param name="T">The same, (N,) int64.</param>
/// <param name="Weights">Weight of each image's loss, (N,) float32.</param>
internal sealed record HostTimes(long[] Values, Tensor T, Tensor Weights)
{
    /// <summary>Makes the tensors.</summary>
    public static HostTimes Of((long[] T, float[] Weights) drawn) => new(drawn.T, tensor(drawn.T), tensor(drawn.Weights));

    /// <summary>The same in page-locked memory; these are disposed.</summary>
    public HostTimes Pinned()
    {
        using Tensor t = T;
        using Tensor weights = Weights;
        return new HostTimes(Values, t.pin_memory(), weights.pin_memory());
    }
}
