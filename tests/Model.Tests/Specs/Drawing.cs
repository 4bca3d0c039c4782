using System.ComponentModel.DataAnnotations;

namespace DdpmJobs.Model.Tests.Specs;

/// <summary>A spec with one member of every sort.</summary>
public sealed record Drawing
{
    public required Shape Main { get; init; }

    [Range(1, 65536)]
    public int BatchSize { get; init; } = 128;

    public long Seed { get; init; }

    [Range(0.0, 1.0)]
    public double Rate { get; init; } = 0.5;

    public double? Limit { get; init; }

    public bool Flip { get; init; }

    public string Title { get; init; } = "untitled";

    public string? Note { get; init; }

    [MinLength(1)]
    public IReadOnlyList<Shape> Others { get; init; } = [new Point()];

    [Range(1, 9)]
    public IReadOnlyList<int> Sizes { get; init; } = [1, 2];

    public Border Border { get; init; }

    public Frame Frame { get; init; } = new();
}
