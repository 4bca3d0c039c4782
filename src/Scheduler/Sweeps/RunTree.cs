using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>Puts the values of axes into the tree of a run, and reads them back from the resolved run.</summary>
internal static class RunTree
{
    /// <summary>The tree of one point.</summary>
    /// <exception cref="SweepFileException">An axis goes into a list or a single value.</exception>
    public static JsonObject Of(SourceFile file, SourceMapping start, Grid grid, int[] point)
    {
        JsonObject tree = start.ToJson();
        for (int i = 0; i < point.Length; i++)
        {
            Axis axis = grid.Axes[i];
            Parent(file, tree, axis)[axis.Names[^1]] = axis.Values[point[i]].ToJson();
        }

        return tree;
    }

    /// <summary>The values of a point by path, as they were given, with the kind of a component written out.</summary>
    /// <param name="grid">The axes.</param>
    /// <param name="point">The point.</param>
    /// <param name="resolved">The run with every default written out.</param>
    public static JsonObject Axes(Grid grid, int[] point, JsonNode resolved)
    {
        JsonObject axes = [];
        for (int i = 0; i < point.Length; i++)
        {
            Axis axis = grid.Axes[i];
            JsonNode? place = axis.Names.Aggregate((JsonNode?)resolved, (at, name) => One(at) is JsonObject members ? members[name] : null);
            axes.Add(axis.Path, WithKinds(axis.Values[point[i]].ToJson(), place));
        }

        return axes;
    }

    private static JsonObject Parent(SourceFile file, JsonObject tree, Axis axis)
    {
        JsonObject parent = tree;
        foreach (string name in axis.Names[..^1])
        {
            JsonNode? next = parent[name];
            if (next is JsonArray)
            {
                throw file.Error(axis.Mark, $"grid.{axis.Path}: \"{name}\" is a list in run, and an axis cannot go into a list; vary the list as a whole");
            }

            // A bare kind is opened so that its parameter can be set.
            if (next?.GetValueKind() == JsonValueKind.String)
            {
                parent[name] = new JsonObject { ["kind"] = next.GetValue<string>() };
            }
            else if (next is null)
            {
                parent[name] = new JsonObject();
            }
            else if (next is not JsonObject)
            {
                throw file.Error(axis.Mark, $"grid.{axis.Path}: \"{name}\" is a single value in run, so nothing in it can be varied");
            }

            parent = (JsonObject)parent[name]!;
        }

        return parent;
    }

    private static JsonNode? WithKinds(JsonNode? given, JsonNode? resolved) => (given, resolved) switch
    {
        (JsonArray elements, JsonArray place) => new JsonArray([.. elements.Zip(place, (e, p) => WithKinds(e?.DeepClone(), p))]),
        (_, JsonArray place) => WithKinds(given, One(place)),
        (JsonObject members, JsonObject place) => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, WithKinds(m.Value?.DeepClone(), place[m.Key])))),
        (JsonValue kind, JsonObject) => new JsonObject { ["kind"] = kind.DeepClone() },
        _ => given,
    };

    // One value may stand for a list of one.
    private static JsonNode? One(JsonNode? place) => place is JsonArray list ? list.Count == 1 ? list[0] : null : place;
}
