using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>Reads and writes specs as JSON, strictly: an unknown member, a wrong type or an unknown kind is an error with its path and value.</summary>
public static class SpecJson
{
    /// <summary>Binds a JSON tree to a spec. Where a component is expected, a bare string stands for <c>{ kind: string }</c>; where a list is expected, one value stands for a list of one.</summary>
    /// <param name="node">The tree; null stands for an empty object.</param>
    /// <param name="path">Where the tree stands in the user's file, put before every path in an error.</param>
    /// <exception cref="SpecException">The first thing that is wrong.</exception>
    public static T Read<T>(JsonNode? node, string path = "") where T : class => throw new NotImplementedException();

    /// <summary>Writes a spec with every default written out, snake_case names, the kind first.</summary>
    public static JsonNode Write(object spec) => throw new NotImplementedException();

    /// <summary>The one text of a spec: members sorted by name, no white space, shortest round-trip numbers.</summary>
    public static string Canonical(object spec) => throw new NotImplementedException();

    /// <summary>SHA-256 of <see cref="Canonical"/> in lower-case hexadecimal.</summary>
    public static string Hash(object spec) => throw new NotImplementedException();
}
