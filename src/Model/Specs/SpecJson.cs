using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>Reads and writes specs as JSON, strictly: an unknown member, a wrong type or an unknown kind is an error with its path and value.</summary>
/// <remarks>
/// Members are written in snake_case. A member limits its value by DataAnnotations (<c>[Range]</c>, <c>[MinLength]</c>, <c>[Length]</c>,
/// <c>[AllowedValues]</c>; on a list, a range holds for each element), and a record refuses contradictions by <see cref="ISpecCheck"/>.
/// </remarks>
public static class SpecJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Binds a JSON tree to a spec. Where a component is expected, a bare string stands for <c>{ kind: string }</c>; where a list is expected, one value stands for a list of one.</summary>
    /// <param name="node">The tree; null stands for an empty object. The order of members, of <c>kind</c> too, does not matter.</param>
    /// <param name="path">Where the tree stands in the user's file, put before every path in an error.</param>
    /// <exception cref="SpecException">The first thing that is wrong.</exception>
    public static T Read<T>(JsonNode? node, string path = "") where T : class =>
        (T)SpecReader.Read(node ?? new JsonObject(), typeof(T), path);

    /// <summary>Binds JSON text to a spec, as <see cref="Read{T}"/> does a tree.</summary>
    /// <param name="json">The text, as <see cref="Canonical(object)"/> or <c>jsonb</c> gives it.</param>
    /// <exception cref="SpecException">The text is no JSON, or the first thing that is wrong.</exception>
    public static T ReadText<T>(string json) where T : class
    {
        JsonNode? tree;
        try
        {
            tree = JsonNode.Parse(json, documentOptions: Strict);
        }
        catch (JsonException e)
        {
            throw new SpecException("", $"is not JSON: {e.Message}");
        }

        return Read<T>(tree);
    }

    /// <summary>Writes a spec with every default written out, snake_case names, the kind first.</summary>
    public static JsonNode Write(object spec) => SpecWriter.Write(spec)!;

    /// <summary>The one text of a spec: members sorted by name, no white space, shortest round-trip numbers.</summary>
    /// <remarks>Names are sorted by UTF-16 code unit; numbers are .NET's shortest round-trip text in the invariant culture (<c>0.0001</c>, <c>1E-05</c>, 1.0 is <c>1</c>).</remarks>
    public static string Canonical(object spec) => CanonicalJson.Text(spec as JsonNode ?? Write(spec));

    /// <summary>SHA-256 of <see cref="Canonical"/> in lower-case hexadecimal.</summary>
    public static string Hash(object spec) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(spec))));
}
