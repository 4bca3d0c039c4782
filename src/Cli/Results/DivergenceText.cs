using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Results;

/// <summary>What is stored of a divergence, one member a line.</summary>
internal static class DivergenceText
{
    /// <summary>The lines; none for an attempt that ended otherwise or without detail.</summary>
    public static IReadOnlyList<string> Lines(AttemptView attempt)
    {
        // The first line is the message, which the job shows too.
        if (attempt is not { Ending: "diverged", Error: { } error } || error.Split('\n', 2) is not [_, string json])
        {
            return [];
        }

        JsonObject detail;
        try
        {
            detail = JsonNode.Parse(json)!.AsObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return json.Split('\n');
        }

        return
        [
            "Divergence",
            .. detail.Select(member => $"  {member.Key} {(member.Value is JsonArray values ? string.Join(' ', values) : member.Value)}"),
        ];
    }
}
