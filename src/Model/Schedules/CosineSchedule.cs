using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>TODO.</summary>
[Kind("cosine", Summary = "TODO", Source = "TODO")]
public sealed record CosineSchedule : Schedule
{
    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => throw new NotImplementedException();
}
