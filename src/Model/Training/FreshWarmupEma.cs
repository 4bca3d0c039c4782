using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>As <see cref="WarmupEma"/>, but the first step has decay 0: the average begins as the weights after it, and forgets the first weights at once.</summary>
[Kind("fresh_warmup", Summary = "as warmup, but the average begins as the weights after the first step", Source = "huggingface/diffusers, EMAModel")]
public sealed record FreshWarmupEma : Ema
{
    /// <summary>The final share of the old average that stays after a step.</summary>
    [Description("final share of the old average that stays after a step")]
    [Range(0.0, 0.9999999999)]
    public double Decay { get; init; } = 0.9999;

    /// <inheritdoc/>
    public override double DecayAt(long step) => step == 0 ? 0 : Math.Min(Decay, (1.0 + step) / (10.0 + step));
}
