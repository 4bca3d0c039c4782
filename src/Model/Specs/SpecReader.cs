using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>Binds JSON trees to records.</summary>
internal static class SpecReader
{
    private const int ShownLength = 60;

    /// <summary>Binds a tree to a type that specs know.</summary>
    public static object Read(JsonNode? node, Type type, string path) =>
        SpecShape.ElementType(type) is Type element ? ReadList(node, element, path)
        : type == typeof(int) ? (int)SpecNumber.Whole(node, int.MinValue, int.MaxValue, path)
        : type == typeof(long) ? SpecNumber.Whole(node, long.MinValue, long.MaxValue, path)
        : type == typeof(double) ? SpecNumber.Real(node, path)
        : type == typeof(bool) ? ReadFlag(node, path)
        : type == typeof(string) ? ReadText(node, path)
        : type.IsEnum ? ReadWord(node, type, path)
        : SpecShape.IsFamily(type) ? ReadComponent(node, Kinds.Family(type), path)
        : ReadRecord(Object(node, SpecTypeWords.WithArticle(type), path), type, path);

    /// <summary>A value as an error shows it: JSON, cut where it is long.</summary>
    public static string Shown(JsonNode? node)
    {
        string text = node is null ? "null" : SpecJson.Canonical(node);
        return text.Length <= ShownLength ? text : $"{text.AsSpan(0, ShownLength)}…";
    }

    private static object ReadComponent(JsonNode? node, ComponentFamily family, string path)
    {
        // A bare string stands for the kind with its defaults.
        if (node?.GetValueKind() == JsonValueKind.String)
        {
            return ReadRecord([], KindOf(node.GetValue<string>(), family, path), path);
        }

        JsonObject members = Object(node, $"the kind of a {family.Spoken} or a mapping with its kind", path);
        string at = SpecPath.Member(path, "kind");
        if (!Members(members, path).TryGetValue("kind", out JsonNode? kind))
        {
            throw new SpecException(path, $"the kind is missing; {family.Choice}");
        }

        return ReadRecord(members, KindOf(ReadText(kind, at), family, at), path);
    }

    private static Type KindOf(string name, ComponentFamily family, string path) =>
        family.Kinds.TryGetValue(name, out Type? type)
            ? type
            : throw new SpecException(path, Sentence($"there is no {family.Spoken} \"{name}\"{Spelling.Hint(name, family.Kinds.Keys)}", family.Choice));

    private static object ReadRecord(JsonObject tree, Type type, string path)
    {
        SpecShape shape = SpecShape.Of(type);
        Dictionary<string, JsonNode?> given = Members(tree, path);
        CheckNames(given.Keys, shape, path);

        // Set every given member over the defaults.
        object record = Activator.CreateInstance(type)!;
        foreach (SpecMember member in shape.Members)
        {
            string at = SpecPath.Member(path, member.Name);
            if (given.TryGetValue(member.Name, out JsonNode? value))
            {
                object? bound = value is null && member.Nullable ? null : Read(NotNull(value, member, at), member.Type, at);
                SpecLimits.Check(member, bound, at);
                member.Property.SetValue(record, bound);
            }
            else if (member.Required)
            {
                string choice = SpecShape.IsFamily(member.Type) ? Kinds.Family(member.Type).Choice : $"it must be {SpecTypeWords.WithArticle(member.Type)}";
                throw new SpecException(at, $"is missing; {choice}");
            }
        }

        (record as ISpecCheck)?.Check(path);
        return record;
    }

    private static void CheckNames(IEnumerable<string> given, SpecShape shape, string path)
    {
        string[] known = [.. shape.Members.Select(m => m.Name)];
        foreach (string name in given)
        {
            if (!known.Contains(name) && !(name == "kind" && shape.Kind is not null))
            {
                string owner = shape.Kind is KindAttribute kind ? $"{kind.Name} has" : "there is";
                string choice = known.Length == 0 ? "it has no members" : $"the members are {string.Join(", ", known)}";
                throw new SpecException(
                    SpecPath.Member(path, name),
                    Sentence($"{owner} no member \"{name}\"{Spelling.Hint(name, known)}", choice)) { NamesMember = true };
            }
        }
    }

    private static object ReadList(JsonNode? node, Type element, string path)
    {
        // One value stands for a list of one; it keeps its own path.
        JsonArray? elements = node as JsonArray;
        IList list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        for (int i = 0; i < (elements?.Count ?? 1); i++)
        {
            list.Add(elements is null ? Read(node, element, path) : Read(elements[i], element, SpecPath.Element(path, i)));
        }

        return list;
    }

    private static bool ReadFlag(JsonNode? node, string path) => node?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new SpecException(path, $"must be true or false; got {Shown(node)}"),
    };

    private static string ReadText(JsonNode? node, string path) =>
        node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : throw new SpecException(path, $"must be text; got {Shown(node)}");

    private static object ReadWord(JsonNode? node, Type type, string path)
    {
        string[] words = [.. Enum.GetNames(type).Select(SpecShape.NameOf)];
        int index = node?.GetValueKind() == JsonValueKind.String ? words.IndexOf(node.GetValue<string>()) : -1;
        return index >= 0
            ? Enum.Parse(type, Enum.GetNames(type)[index])
            : throw new SpecException(path, $"must be {SpecTypeWords.WithArticle(type)}; got {Shown(node)}");
    }

    private static JsonNode NotNull(JsonNode? value, SpecMember member, string path) =>
        value ?? throw new SpecException(path, $"must be {SpecTypeWords.WithArticle(member.Type)}; got null{(member.Required ? "" : " (leave it out for the default)")}");

    private static JsonObject Object(JsonNode? node, string expected, string path) =>
        node as JsonObject ?? throw new SpecException(path, $"must be {expected}; got {Shown(node)}");

    private static Dictionary<string, JsonNode?> Members(JsonObject tree, string path)
    {
        try
        {
            return tree.ToDictionary(StringComparer.Ordinal);
        }
        catch (ArgumentException e)
        {
            // A parsed tree finds a name given twice only when its members are first asked for.
            throw new SpecException(path, $"a member is given twice: {e.Message}");
        }
    }

    // After the question mark of a guess a new sentence begins.
    private static string Sentence(string first, string second) =>
        first.EndsWith('?') ? $"{first} {char.ToUpperInvariant(second[0])}{second[1..]}." : $"{first}; {second}";
}
