using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A value of a sweep's text with its place.</summary>
/// <param name="Mark">Where it begins.</param>
/// <param name="Size">Values in it, itself included, with aliases counted as often as they are used.</param>
internal abstract record SourceNode(SourceMark Mark, int Size)
{
    private const int ShownLength = 60;

    /// <summary>The value as an error shows it: JSON, cut where it is long.</summary>
    public string Shown
    {
        get
        {
            string text = ToJson() is JsonNode value ? SpecJson.Canonical(value) : "null";
            return text.Length <= ShownLength ? text : $"{text.AsSpan(0, ShownLength)}…";
        }
    }

    /// <summary>The value as a new JSON tree.</summary>
    public abstract JsonNode? ToJson();
}
