using DdpmJobs.Model.Diffusion;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>A sampler that can also begin at a timestep below the last one, from images that are noised so far only.</summary>
public interface IResumingSampler
{
    /// <summary>Draws samples from a later point of the way than x_T.</summary>
    /// <param name="model">How the network's output is read.</param>
    /// <param name="network">As in <see cref="Sampler.Sample"/>.</param>
    /// <param name="request">Which samples, and where.</param>
    /// <param name="xt">x at timestep t, (Count, C, H, W).</param>
    /// <param name="t">Zero-based timestep; the first that is visited, and after it those of the sampler's that lie below.</param>
    /// <returns>(Count, C, H, W); the caller disposes it.</returns>
    /// <exception cref="OperationCanceledException">The request's stop was asked for.</exception>
    Tensor Resume(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, Tensor xt, int t);

    /// <summary>Network calls that one sample takes from there.</summary>
    /// <param name="timesteps">T of the process.</param>
    /// <param name="t">Zero-based timestep.</param>
    int NetworkEvaluationsFrom(int timesteps, int t);
}
