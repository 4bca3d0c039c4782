using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Tracking.Metrics;

/// <summary>How the values of a curve were measured, where they are qualities and not reports of the training; unique by its digest.</summary>
public sealed record MetricProtocol
{
    /// <summary>First 16 hexadecimal digits of the SHA-256 of <see cref="Protocol"/>, as of an evaluation; values of different digests are not comparable.</summary>
    public string Digest { get; init; } = "";

    /// <summary>The unit, as in <c>bits/dim</c>.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Whether smaller is better.</summary>
    public bool LowerIsBetter { get; init; } = true;

    /// <summary>How they were measured, as canonical JSON.</summary>
    public string Protocol { get; init; } = "{}";

    /// <summary>That of a measured value.</summary>
    public static MetricProtocol Of(MetricValue value) =>
        new() { Digest = value.ProtocolDigest, Unit = value.Unit, LowerIsBetter = value.LowerIsBetter, Protocol = SpecJson.Canonical(value.Protocol) };
}
