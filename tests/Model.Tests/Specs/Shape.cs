using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

/// <summary>A family of the tests' own, so that the reader's rules are tested apart from the catalogue.</summary>
public abstract record Shape;

[Kind("circle", Summary = "round", Source = "test")]
public sealed record Circle : Shape
{
    [Description("radius in pixels")]
    [System.ComponentModel.DataAnnotations.Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Radius { get; init; } = 1;
}

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

[Kind("point", Summary = "nothing to set", Source = "test")]
public sealed record Point : Shape;
