using System.Collections;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>Writes records as JSON trees.</summary>
internal static class SpecWriter
{
    /// <summary>The tree of a value, every default written out, the kind of a component first.</summary>
    public static JsonNode? Write(object? value) => value switch
    {
        null => null,
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        // Zero has one text, so that -0 in a file is no other run.
        double number => JsonValue.Create(number == 0 ? 0.0 : number),
        bool flag => JsonValue.Create(flag),
        string text => JsonValue.Create(text),
        Enum word => JsonValue.Create(SpecShape.NameOf(word.ToString())),
        IList list => new JsonArray([.. list.Cast<object?>().Select(Write)]),
        _ => WriteRecord(value),
    };

    private static JsonObject WriteRecord(object record)
    {
        SpecShape shape = SpecShape.Of(record.GetType());
        JsonObject tree = [];
        if (shape.Kind is KindAttribute kind)
        {
            tree.Add("kind", kind.Name);
        }

        foreach (SpecMember member in shape.Members)
        {
            tree.Add(member.Name, Write(member.Property.GetValue(record)));
        }

        return tree;
    }
}
