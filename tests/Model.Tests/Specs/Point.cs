using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

[Kind("point", Summary = "nothing to set", Source = "test")]
public sealed record Point : Shape;
