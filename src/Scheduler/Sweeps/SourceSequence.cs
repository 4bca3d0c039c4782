using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A list.</summary>
/// <param name="Mark">Where it begins.</param>
/// <param name="Items">Its elements.</param>
internal sealed record SourceSequence(SourceMark Mark, IReadOnlyList<SourceNode> Items) : SourceNode(Mark, 1 + Items.Sum(i => i.Size))
{
    /// <inheritdoc/>
    public override JsonNode ToJson() => new JsonArray([.. Items.Select(i => i.ToJson())]);
}
