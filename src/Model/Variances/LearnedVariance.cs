using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Variances;

/// <summary>The network's second C channels are the logarithm of the variance, without bounds.</summary>
[Kind("learned", Summary = "the network puts out the log variance itself", Source = "Ho et al. 2020 (arXiv:2006.11239), table 2, learned diagonal")]
public sealed record LearnedVariance : Variance, IRunCheck
{
    /// <inheritdoc/>
    public override int OutputsPerChannel => 2;

    /// <inheritdoc/>
    public override (Tensor Variance, Tensor LogVariance) Of(GaussianDiffusion process, Tensor? values, Tensor t, Tensor like)
        => (Values(values).exp(), Values(values).alias());

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        // The output is the variance of one step of the process; a longer step has a larger one, which the network was never asked for.
        if (run.Sampling.Sampler is AncestralSampler sampler && sampler.Steps < run.Process.Timesteps)
        {
            throw new SpecException(path,
                $"learned is the variance of one of the {run.Process.Timesteps} timesteps, and the ancestral sampler with steps {sampler.Steps} takes longer ones; "
                + "use learned_range, whose bounds follow the steps taken, or leave the sampler's steps out");
        }
    }
}
