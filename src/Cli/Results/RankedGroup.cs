using System.Text.Json.Nodes;

namespace DdpmJobs.Cli.Results;

/// <summary>Runs measured by one metric under one protocol; only these may be compared.</summary>
/// <param name="Metric">As in <c>nll</c>.</param>
/// <param name="Unit">As in <c>bits/dim</c>.</param>
/// <param name="LowerIsBetter">Direction.</param>
/// <param name="ProtocolDigest">Identity of the protocol.</param>
/// <param name="Protocol">How all of them were measured.</param>
/// <param name="Rows">Best first.</param>
internal sealed record RankedGroup(string Metric, string Unit, bool LowerIsBetter, string ProtocolDigest, JsonObject Protocol, IReadOnlyList<LeaderboardRow> Rows);
