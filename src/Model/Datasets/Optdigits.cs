using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>TODO.</summary>
[Kind("optdigits", Summary = "TODO", Source = "TODO")]
public sealed record Optdigits : Dataset;
