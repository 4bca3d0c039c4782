using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>A decay that rises as (1 + n) / (10 + n) to its final value, so that short trainings soon forget their first weights.</summary>
[Kind("warmup", Summary = "a decay that rises as (1 + n) / (10 + n), n the step, to its final value; for short trainings",
    Source = "TensorFlow, tf.train.ExponentialMovingAverage, num_updates")]
public sealed record WarmupEma : Ema
{
    /// <summary>The final share of the old average that stays after a step.</summary>
    [Description("final share of the old average that stays after a step")]
    [Range(0.0, 0.9999999999)]
    public double Decay { get; init; } = 0.9999;

    /// <inheritdoc/>
    public override double DecayAt(long step) => Math.Min(Decay, (1.0 + step) / (10.0 + step));
}
