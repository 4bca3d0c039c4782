using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>The learning rate falls as half a cosine from the end of the warm-up to the end of the training.</summary>
[Kind("cosine", Summary = "half a cosine from the warm-up's end to the training's", Source = "Loshchilov and Hutter 2017 (arXiv:1608.03983), eq. 5, without restarts")]
public sealed record CosineDecay : LearningRateDecay
{
    /// <summary>The factor that is reached at the end.</summary>
    [Description("factor of the learning rate at the end")]
    [Range(0.0, 1.0)]
    public double End { get; init; }

    /// <inheritdoc/>
    public override double FactorAt(long step, long warmupSteps, long steps) => End + (1 - End) * 0.5 * (1 + Math.Cos(Math.PI * ShareDone(step, warmupSteps, steps)));
}
