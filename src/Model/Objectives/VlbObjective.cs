using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Objectives;

/// <summary>TODO.</summary>
[Kind("vlb", Summary = "TODO", Source = "TODO")]
public sealed record VlbObjective : Objective;
