namespace DdpmJobs.Model.Tests.Specs;

/// <summary>A record within a spec that belongs to no family.</summary>
public sealed record Frame
{
    public int Width { get; init; } = 3;
}
