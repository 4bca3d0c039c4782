using System.Reflection;

namespace DdpmJobs.Model.Specs;

/// <summary>The catalogue of components: every family, its kinds and their parameters, found by reflection.</summary>
public static class Kinds
{
    private static readonly Lazy<IReadOnlyDictionary<Type, ComponentFamily>> All = new(() => Find(typeof(Kinds).Assembly));

    /// <summary>The families in order of name, each with its kinds in order of name.</summary>
    public static IReadOnlyList<KindFamily> Families() =>
        [.. All.Value.Values.OrderBy(f => f.Name, StringComparer.Ordinal).Select(KindListing.Of)];

    /// <summary>The name of a component's kind, as in <c>cosine</c>.</summary>
    /// <exception cref="InvalidOperationException">The object's type has no <see cref="KindAttribute"/>.</exception>
    public static string NameOf(object component) =>
        SpecShape.Of(component.GetType()).Kind?.Name ?? throw new InvalidOperationException($"{component.GetType()} has no [Kind].");

    /// <summary>The family that an abstract record heads; it may be of another assembly (a test's).</summary>
    internal static ComponentFamily Family(Type head) =>
        All.Value.TryGetValue(head, out ComponentFamily? family) ? family : Find(head.Assembly)[head];

    private static Dictionary<Type, ComponentFamily> Find(Assembly assembly)
    {
        Dictionary<Type, ComponentFamily> families = [];
        Type[] types = assembly.GetTypes();
        foreach (Type head in types.Where(SpecShape.IsFamily))
        {
            SortedDictionary<string, Type> kinds = new(StringComparer.Ordinal);
            foreach (Type type in types.Where(t => t.IsSubclassOf(head) && !t.IsAbstract))
            {
                KindAttribute kind = type.GetCustomAttribute<KindAttribute>()
                    ?? throw new InvalidOperationException($"{type} needs a [Kind] to be named in a spec.");
                if (!kinds.TryAdd(kind.Name, type))
                {
                    throw new InvalidOperationException($"{type} and {kinds[kind.Name]} have the same kind {kind.Name}.");
                }
            }

            families.Add(head, new ComponentFamily(SpecShape.NameOf(head.Name), kinds));
        }

        return families;
    }
}
