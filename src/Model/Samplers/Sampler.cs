using DdpmJobs.Model.Diffusion;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>A family of reverse processes: from noise to images.</summary>
public abstract record Sampler
{
    /// <summary>Network calls that one sample takes.</summary>
    /// <param name="timesteps">T of the process.</param>
    /// <exception cref="Specs.SpecException">The sampler cannot run on T timesteps; the path is relative to the sampler.</exception>
    public abstract int NetworkEvaluations(int timesteps);

    /// <summary>Whether noise is drawn on the way; without, an image follows from its x_T.</summary>
    public virtual bool AddsNoise => false;

    /// <summary>Draws samples.</summary>
    /// <param name="model">How the network's output is read.</param>
    /// <param name="network">x_t (N, C, H, W) float32 and zero-based t (N,) to (N, C', H, W); t is int64, or of x_t's type where the sampler asks between timesteps.</param>
    /// <param name="request">Which samples, and where.</param>
    /// <returns>(Count, C, H, W) float32 on the request's device, in [-1, 1] where the sampler clips; the caller disposes it.</returns>
    /// <exception cref="OperationCanceledException">The request's stop was asked for.</exception>
    public abstract Tensor Sample(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request);
}
