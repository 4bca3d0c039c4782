using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>TODO.</summary>
[Kind("adam", Summary = "TODO", Source = "TODO")]
public sealed record AdamOptimizer : Optimizer;
