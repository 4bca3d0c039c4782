using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Objectives;

/// <summary>TODO.</summary>
[Kind("simple", Summary = "TODO", Source = "TODO")]
public sealed record SimpleObjective : Objective;
