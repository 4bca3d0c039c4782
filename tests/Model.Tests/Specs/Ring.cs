using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

[Kind("ring", Summary = "round with a hole", Source = "test")]
public sealed record Ring : Shape, ISpecCheck
{
    [Description("inner radius in pixels")]
    public double Inner { get; init; } = 1;

    [Description("outer radius in pixels")]
    public double Outer { get; init; } = 2;

    public void Check(string path)
    {
        if (Outer <= Inner)
        {
            throw new SpecException(SpecPath.Member(path, "outer"), $"must exceed inner; got inner {Inner}, outer {Outer}");
        }
    }
}
