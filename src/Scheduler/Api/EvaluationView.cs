using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Api;

/// <summary>A measured quality with its protocol.</summary>
/// <param name="Metric">As in <c>nll</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="StandardError">In the same unit; null when it has none.</param>
/// <param name="Unit">As in <c>bits/dim</c>.</param>
/// <param name="LowerIsBetter">Direction.</param>
/// <param name="ProtocolDigest">Values of different digests are not comparable.</param>
/// <param name="Protocol">How it was measured.</param>
/// <param name="Parts">Its parts by name.</param>
/// <param name="Warnings">What makes the value doubtful, each as a sentence without its stop.</param>
public sealed record EvaluationView(
    string Metric, double Value, double? StandardError, string Unit, bool LowerIsBetter, string ProtocolDigest, JsonObject Protocol,
    IReadOnlyDictionary<string, double> Parts, IReadOnlyList<string> Warnings);
