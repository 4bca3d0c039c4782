using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Variances;

/// <summary>TODO.</summary>
[Kind("fixed_small", Summary = "TODO", Source = "TODO")]
public sealed record FixedSmallVariance : Variance;
