using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A single value.</summary>
/// <param name="Mark">Where it begins.</param>
/// <param name="Value">A text, number or flag; null for YAML's null.</param>
internal sealed record SourceScalar(SourceMark Mark, JsonValue? Value) : SourceNode(Mark, 1)
{
    /// <inheritdoc/>
    public override JsonNode? ToJson() => Value?.DeepClone();
}
