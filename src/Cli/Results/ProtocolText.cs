using System.Text.Json.Nodes;

namespace DdpmJobs.Cli.Results;

/// <summary>How a value was measured, one member a line.</summary>
internal static class ProtocolText
{
    /// <summary>Writes it under its full digest: <c>Protocol 1a2b3c4d5e6f7a8b of fid:</c>, <c>sampler.steps 20</c>.</summary>
    public static void Write(string metric, string digest, JsonObject protocol, Terminal terminal)
    {
        terminal.Out.WriteLine($"Protocol {digest} of {metric}:");
        foreach (string line in Lines(protocol, ""))
        {
            terminal.Out.WriteLine($"  {line}");
        }
    }

    private static IEnumerable<string> Lines(JsonObject members, string path) => members.OrderBy(member => member.Key, StringComparer.Ordinal)
        .SelectMany(member => member.Value switch
        {
            JsonObject { Count: > 0 } inner => Lines(inner, $"{path}{member.Key}."),
            JsonValue value => [$"{path}{member.Key} {value}"],
            var other => [$"{path}{member.Key} {other?.ToJsonString() ?? "null"}"],
        });
}
