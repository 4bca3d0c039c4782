using System.ComponentModel.DataAnnotations;

namespace DdpmJobs.Model.Specs;

/// <summary>When a training counts as diverged, beside a loss or gradient norm that is not finite, which always ends it.</summary>
public sealed record DivergenceSpec
{
    /// <summary>The largest sound loss, in the objective's unit; null for no bound, since losses of different objectives have different sizes.</summary>
    [Description("largest sound loss, in the objective's unit; null for no bound")]
    [Range(0.0, 1e30, MinimumIsExclusive = true)]
    public double? LossAbove { get; init; }

    /// <summary>Steps in a row whose loss is over the bound that end the training; a spike that comes down again sooner does not.</summary>
    [Description("steps in a row with a loss over loss_above that end the training")]
    [Range(1, 1_000_000)]
    public int ForSteps { get; init; } = 100;
}
