using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>The learning rate stays as it is.</summary>
[Kind("none", Summary = "the learning rate stays as it is", Source = "Ho et al. 2020 (arXiv:2006.11239), appendix B")]
public sealed record NoDecay : LearningRateDecay
{
    /// <inheritdoc/>
    public override double FactorAt(long step, long warmupSteps, long steps) => 1;
}
