using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

/// <summary>A schedule with given betas; none stands for a schedule that does not exist for any T.</summary>
[Kind("stub", Summary = "given betas", Source = "test")]
public sealed record StubSchedule : Schedule
{
    public IReadOnlyList<double> Given { get; init; } = [];

    public override double[] Betas(int timesteps) =>
        Given.Count > 0 ? [.. Given] : throw new SpecException("given", $"does not exist for {timesteps} timesteps");
}
