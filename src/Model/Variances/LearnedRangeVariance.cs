using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Variances;

/// <summary>The network's second C channels v choose a log variance between the two bounds: w ln beta_t + (1 - w) ln betaTilde_t with w = (v + 1) / 2.</summary>
/// <remarks>v is not bounded, so the variance may leave the range. The lower bound at t = 0 is that of t = 1; the upper one is beta_0 itself.</remarks>
[Kind("learned_range", Summary = "the network interpolates the log variance between its bounds", Source = "Nichol and Dhariwal 2021 (arXiv:2102.09672), eq. 15")]
public sealed record LearnedRangeVariance : Variance
{
    /// <inheritdoc/>
    public override int OutputsPerChannel => 2;

    /// <inheritdoc/>
    public override (Tensor Variance, Tensor LogVariance) Of(GaussianDiffusion process, Tensor? values, Tensor t, Tensor like)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor share = (Values(values) + 1) / 2;
        Tensor log = share * process.Extract(process.LogBetas, t, like) + (1 - share) * process.Extract(process.PosteriorLogVarianceClipped, t, like);
        return (log.exp().MoveToOuterDisposeScope(), log.MoveToOuterDisposeScope());
    }
}
