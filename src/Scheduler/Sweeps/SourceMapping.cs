using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A mapping.</summary>
/// <param name="Mark">Where it begins.</param>
/// <param name="Members">Its members in order; no name stands twice.</param>
internal sealed record SourceMapping(SourceMark Mark, IReadOnlyList<SourceMember> Members) : SourceNode(Mark, 1 + Members.Sum(m => m.Value.Size))
{
    /// <summary>The member of a name, or null.</summary>
    public SourceMember? Find(string name) => Members.FirstOrDefault(m => m.Name == name);

    /// <inheritdoc/>
    public override JsonObject ToJson() => new(Members.Select(m => KeyValuePair.Create(m.Name, m.Value.ToJson())));
}
