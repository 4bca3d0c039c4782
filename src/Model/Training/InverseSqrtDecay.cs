using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>The learning rate stays for a while, and from then on falls as one over the square root of the steps: the end of the training need not be known.</summary>
[Kind("inverse_sqrt", Summary = "constant up to a step, then one over the square root of the steps", Source = "Karras et al. 2023 (arXiv:2312.02696); NVlabs/edm2, training_loop.py, learning_rate_schedule")]
public sealed record InverseSqrtDecay : LearningRateDecay
{
    /// <summary>The step from which the rate falls.</summary>
    [Description("step from which the rate falls")]
    [Range(1, 1_000_000_000)]
    public int From { get; init; } = 70_000; // NVlabs/edm2, ref_batches

    /// <inheritdoc/>
    public override double FactorAt(long step, long warmupSteps, long steps) => 1 / Math.Sqrt(Math.Max(step / (double)From, 1));
}
