using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>TODO.</summary>
[Kind("constant", Summary = "TODO", Source = "TODO")]
public sealed record ConstantEma : Ema;
