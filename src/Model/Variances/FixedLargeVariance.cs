using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Variances;

/// <summary>TODO.</summary>
[Kind("fixed_large", Summary = "TODO", Source = "TODO")]
public sealed record FixedLargeVariance : Variance;
