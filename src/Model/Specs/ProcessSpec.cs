using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Variances;

namespace DdpmJobs.Model.Specs;

/// <summary>The forward process q and the reading of the network's output as p.</summary>
public sealed record ProcessSpec
{
    /// <summary>T, the number of noising steps.</summary>
    [Description("T, the number of noising steps")]
    [Range(1, 1_000_000)]
    public int Timesteps { get; init; } = 1000; // Ho et al. 2020, section 4

    /// <summary>The betas.</summary>
    [Description("the betas")]
    public Schedule Schedule { get; init; } = new LinearSchedule();

    /// <summary>What the network predicts.</summary>
    [Description("what the network predicts")]
    public Prediction Prediction { get; init; } = new EpsilonPrediction();

    /// <summary>The variance of the reverse step.</summary>
    [Description("the variance of the reverse step")]
    public Variance Variance { get; init; } = new FixedLargeVariance();

    /// <summary>
    /// Whether the network is handed t times 1000 / T instead of t, so that networks of every T see the same range: improved-diffusion's rescale_timesteps, which
    /// is on by default there. In training, evaluation and every sampler; T, grids and tables stay what they are.
    /// </summary>
    [Description("hand the network t times 1000 / T instead of t, as improved-diffusion does by default")]
    public bool RescaleTimesteps { get; init; }
}
