using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>TODO.</summary>
[Kind("ancestral", Summary = "TODO", Source = "TODO")]
public sealed record AncestralSampler : Sampler;
