using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>The learning rate falls in a straight line from the end of the warm-up to the end of the training.</summary>
[Kind("linear", Summary = "a straight line from the warm-up's end to the training's", Source = "openai/improved-diffusion, train_util.py, lr_anneal_steps")]
public sealed record LinearDecay : LearningRateDecay
{
    /// <summary>The factor that is reached at the end.</summary>
    [Description("factor of the learning rate at the end")]
    [Range(0.0, 1.0)]
    public double End { get; init; }

    /// <inheritdoc/>
    public override double FactorAt(long step, long warmupSteps, long steps) => 1 + (End - 1) * ShareDone(step, warmupSteps, steps);
}
