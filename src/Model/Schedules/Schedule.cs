namespace DdpmJobs.Model.Schedules;

/// <summary>A family of noise schedules: the betas of the forward process.</summary>
public abstract record Schedule
{
    /// <summary>Builds the betas.</summary>
    /// <param name="timesteps">T, at least 1.</param>
    /// <returns>beta_t for t = 0..T-1, each in (0, 1].</returns>
    /// <exception cref="Specs.SpecException">The schedule does not exist for this T; the path is relative to the schedule.</exception>
    public abstract double[] Betas(int timesteps);
}
