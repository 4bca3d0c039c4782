using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

[Kind("circle", Summary = "round", Source = "test")]
public sealed record Circle : Shape
{
    [Description("radius in pixels")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Radius { get; init; } = 1;
}
