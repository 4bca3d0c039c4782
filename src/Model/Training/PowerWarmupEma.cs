using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>A decay that rises as 1 - (1 + n / inverse_gamma)^-power, n the step, to its final value. The first step has decay 0: the average forgets the first weights.</summary>
/// <remarks>A power of 2/3 suits trainings of a million steps and more, 3/4 shorter ones (crowsonkb/k-diffusion).</remarks>
[Kind("power_warmup", Summary = "a decay that rises as 1 - (1 + n / inverse_gamma)^-power, n the step, to its final value",
    Source = "crowsonkb/k-diffusion, EMAWarmup; huggingface/diffusers, EMAModel with use_ema_warmup")]
public sealed record PowerWarmupEma : Ema, ISpecCheck
{
    /// <summary>The final share of the old average that stays after a step.</summary>
    [Description("final share of the old average that stays after a step")]
    [Range(0.0, 0.9999999999)]
    public double Decay { get; init; } = 0.9999;

    /// <summary>The smallest share.</summary>
    [Description("smallest share")]
    [Range(0.0, 0.9999999999)]
    public double MinDecay { get; init; }

    /// <summary>Steps that count as one.</summary>
    [Description("steps that count as one")]
    [Range(1e-6, 1e9)]
    public double InverseGamma { get; init; } = 1;

    /// <summary>How fast it rises.</summary>
    [Description("how fast it rises")]
    [Range(0.01, 10.0)]
    public double Power { get; init; } = 2.0 / 3;

    /// <inheritdoc/>
    public override double DecayAt(long step) => Math.Clamp(1 - Math.Pow(1 + step / InverseGamma, -Power), MinDecay, Decay);

    /// <inheritdoc/>
    public void Check(string path)
    {
        if (MinDecay > Decay)
            throw new SpecException(SpecPath.Member(path, "min_decay"), FormattableString.Invariant($"must not exceed decay; got min_decay {MinDecay}, decay {Decay}"));
    }
}
