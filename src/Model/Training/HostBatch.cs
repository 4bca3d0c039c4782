using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>The part of a batch that can be made before the steps before it are done, on the CPU.</summary>
/// <param name="Step">The optimiser step, zero-based.</param>
/// <param name="X0">Images, flipped where they are to be, (N, C, H, W) float32 in [-1, 1].</param>
/// <param name="Noise">Standard normal, shaped as X0.</param>
/// <param name="Labels">As <see cref="Batch.Labels"/>.</param>
/// <param name="Times">t and the weight of its loss by image; null where they depend on the losses of the steps before.</param>
internal sealed record HostBatch(long Step, Tensor X0, Tensor Noise, Tensor? Labels, HostTimes? Times) : IDisposable
{
    /// <summary>Moves the tensors into page-locked memory, out of which a CUDA device copies by itself while the host goes on.</summary>
    /// <returns>The pinned batch; this one is disposed.</returns>
    public HostBatch Pinned()
    {
        using HostBatch pageable = this;
        return new HostBatch(Step, X0.pin_memory(), Noise.pin_memory(), Labels?.pin_memory(), Times?.Pinned());
    }

    /// <summary>Takes the tensors out of the dispose scope in force, so that another thread can have them.</summary>
    public HostBatch Detached()
    {
        foreach (Tensor? tensor in Tensors)
            tensor?.DetachFromDisposeScope();
        return this;
    }

    /// <summary>Hands the batch over to a device.</summary>
    /// <param name="times">The timesteps, where the batch has none itself; disposed.</param>
    /// <param name="device">Where it goes. Copies out of pinned memory are only begun on return; libtorch keeps such memory until they have ended.</param>
    /// <returns>The batch, in the dispose scope in force; this one must not be used any more.</returns>
    public Batch To(HostTimes times, Device device)
    {
        return new Batch(Sent(X0), Sent(times.T), times.Values, Sent(Noise), Sent(times.Weights), Labels is null ? null : Sent(Labels));

        Tensor Sent(Tensor tensor)
        {
            // On the CPU another handle of the same memory, so that the scope in force has it.
            using Tensor host = tensor;
            return device.type == DeviceType.CPU ? host.alias() : host.to(device, non_blocking: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? tensor in Tensors)
            tensor?.Dispose();
    }

    private IEnumerable<Tensor?> Tensors => [X0, Noise, Labels, Times?.T, Times?.Weights];
}
