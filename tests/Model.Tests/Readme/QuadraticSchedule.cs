using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas whose square roots rise linearly.</summary>
[Kind("quadratic", Summary = "betas whose square roots rise linearly", Source = "Ho et al. 2020, diffusion_utils_2.py, \"quad\"")]
public sealed record QuadraticSchedule : Schedule
{
    /// <summary>The first beta.</summary>
    [Description("the first beta")]
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>The last beta.</summary>
    [Description("the last beta")]
    public double BetaEnd { get; init; } = 0.02;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps)
    {
        double[] betas = new double[timesteps];
        for (int t = 0; t < timesteps; t++)
        {
            double root = double.Lerp(Math.Sqrt(BetaStart), Math.Sqrt(BetaEnd), timesteps == 1 ? 0 : t / (timesteps - 1.0));
            betas[t] = root * root;
        }

        return betas;
    }
}
