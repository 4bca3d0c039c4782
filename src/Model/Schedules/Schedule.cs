using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>A family of noise schedules: the betas of the forward process.</summary>
public abstract record Schedule
{
    /// <summary>Builds the betas.</summary>
    /// <param name="timesteps">T, at least 1.</param>
    /// <returns>beta_t for t = 0..T-1, each in (0, 1].</returns>
    /// <exception cref="SpecException">The schedule does not exist for this T; the path is relative to the schedule.</exception>
    public abstract double[] Betas(int timesteps);

    /// <summary>Builds the betas and holds the schedule to what a process needs.</summary>
    /// <param name="timesteps">T, at least 1.</param>
    /// <returns>beta_t for t = 0..T-1, each in (0, 1].</returns>
    /// <exception cref="SpecException">The schedule does not exist for this T, or a beta is outside (0, 1]; the path is relative to the schedule.</exception>
    public double[] RequireBetas(int timesteps)
    {
        double[] betas = Betas(timesteps);

        // A beta that vanishes beside 1 would leave alphaBar at 1, and the tables divide by 1 - alphaBar.
        int wrong = Array.FindIndex(betas, beta => !(1 - beta < 1 && beta <= 1));
        return wrong < 0 ? betas : throw new SpecException("",
            FormattableString.Invariant($"{Kinds.NameOf(this)} does not exist for {timesteps} timesteps: beta_{wrong} would be {betas[wrong]}, and a beta is at most 1 and above 0, also beside 1 in double precision"));
    }
}
