using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>TODO.</summary>
[Kind("nll", Summary = "TODO", Source = "TODO")]
public sealed record NllMetric : Metric;
