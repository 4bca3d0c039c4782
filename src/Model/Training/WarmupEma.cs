using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>TODO.</summary>
[Kind("warmup", Summary = "TODO", Source = "TODO")]
public sealed record WarmupEma : Ema;
