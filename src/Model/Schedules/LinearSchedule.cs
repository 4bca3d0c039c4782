using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>TODO.</summary>
[Kind("linear", Summary = "TODO", Source = "TODO")]
public sealed record LinearSchedule : Schedule
{
    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => throw new NotImplementedException();
}
