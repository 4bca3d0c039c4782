using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>beta_t = 1 / (T - t): alphaBar falls linearly to 0.</summary>
/// <remarks>The last beta is 1, so x_T holds nothing of the image and cannot be read by the epsilon prediction.</remarks>
[Kind("jsd", Summary = "beta is 1/T, 1/(T-1), ..., 1, so that alphaBar falls linearly to 0; not with the epsilon prediction",
    Source = "Sohl-Dickstein et al. 2015 (arXiv:1503.03585), section 2.4.1, for binomial diffusion")]
public sealed record JsdSchedule : Schedule
{
    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => [.. Enumerable.Range(0, timesteps).Select(t => 1.0 / (timesteps - t))];
}
