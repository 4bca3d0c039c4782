using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.SampleModes;

/// <summary>A family of things to draw from a trained network. What is drawn depends on checkpoint, spec and seed only, not on how it is batched.</summary>
public abstract record SampleMode
{
    /// <summary>Network evaluations of images that <see cref="Draw"/> will take where the network is asked once a call.</summary>
    /// <param name="sampling">What is drawn.</param>
    /// <param name="timesteps">T of the process.</param>
    /// <exception cref="SpecException">The sampler cannot run on T timesteps; the path is relative to the sampler.</exception>
    public abstract long NetworkEvaluations(SamplingSpec sampling, int timesteps);

    /// <summary>Draws.</summary>
    /// <exception cref="SpecException">The data have not the images that the mode begins from; the path is relative to the run.</exception>
    /// <exception cref="OperationCanceledException">The context's stop was asked for.</exception>
    public abstract DrawnImages Draw(SampleContext context);
}
