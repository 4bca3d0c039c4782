using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>Names the points of a grid by what sets them apart: <c>schedule=linear prediction=v</c>.</summary>
internal sealed class RunNames
{
    private readonly IReadOnlyList<(string Tail, IReadOnlyList<string> Labels)?> _axes;

    /// <summary>Prepares the names; an axis with one value sets nothing apart and is left out.</summary>
    public RunNames(Grid grid)
    {
        List<Axis> varied = [.. grid.Axes.Where(a => a.Values.Count > 1)];
        _axes = [.. grid.Axes.Select(axis => varied.Contains(axis) ? (Tail(axis, varied), Labels(axis)) : ((string, IReadOnlyList<string>)?)null)];
    }

    /// <summary>The name of a point; empty where the grid has one point only.</summary>
    public string Of(int[] point) =>
        string.Join(' ', _axes.Zip(point).Where(a => a.First is not null).Select(a => $"{a.First!.Value.Tail}={a.First.Value.Labels[a.Second]}"));

    // The shortest end of the path that no other axis ends with; "kind" alone says nothing.
    private static string Tail(Axis axis, List<Axis> axes)
    {
        for (int length = axis.Names[^1] == "kind" ? 2 : 1; length < axis.Names.Length; length++)
        {
            string tail = string.Join('.', axis.Names[^length..]);
            if (!axes.Any(o => o != axis && (o.Path == tail || o.Path.EndsWith("." + tail, StringComparison.Ordinal))))
            {
                return tail;
            }
        }

        return axis.Path;
    }

    private static List<string> Labels(Axis axis)
    {
        List<JsonNode?> values = [.. axis.Values.Select(v => v.ToJson())];
        return [.. values.Select(v => Label(v, [.. values.Where(o => KindOf(o) == KindOf(v)).Select(o => o as JsonObject ?? [])]))];
    }

    // A component is its kind and, where others of the axis are of that kind, the parameters in which they differ.
    private static string Label(JsonNode? value, List<JsonObject> sameKind)
    {
        if (KindOf(value) is not string kind)
        {
            return Text(value);
        }

        List<string> differing = value is not JsonObject members ? [] :
            [.. members.Where(m => m.Key != "kind" && sameKind.Select(o => o.ContainsKey(m.Key) ? Text(o[m.Key]) : null).Distinct().Count() > 1)
                .Select(m => $"{m.Key}={Text(m.Value)}")];
        return differing.Count == 0 ? kind : $"{kind}({string.Join(' ', differing)})";
    }

    private static string? KindOf(JsonNode? value) => value switch
    {
        JsonObject members => members["kind"] is JsonValue kind && kind.GetValueKind() == JsonValueKind.String ? kind.GetValue<string>() : null,
        JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
        _ => null,
    };

    private static string Text(JsonNode? value) =>
        value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : SpecJson.Canonical(value);
}
