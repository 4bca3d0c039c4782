using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>The same decay from the first step on.</summary>
[Kind("constant", Summary = "the same decay from the first step on", Source = "Ho et al. 2020 (arXiv:2006.11239), appendix B")]
public sealed record ConstantEma : Ema
{
    /// <summary>The share of the old average that stays after a step.</summary>
    [Description("share of the old average that stays after a step")]
    [Range(0.0, 0.9999999999)]
    public double Decay { get; init; } = 0.9999; // Ho et al. 2020, appendix B

    /// <inheritdoc/>
    public override double DecayAt(long step) => Decay;
}
