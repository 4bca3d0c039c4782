using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>TODO.</summary>
[Kind("ddim", Summary = "TODO", Source = "TODO")]
public sealed record DdimSampler : Sampler;
