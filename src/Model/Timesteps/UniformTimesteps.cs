using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Timesteps;

/// <summary>TODO.</summary>
[Kind("uniform", Summary = "TODO", Source = "TODO")]
public sealed record UniformTimesteps : TimestepSampler;
