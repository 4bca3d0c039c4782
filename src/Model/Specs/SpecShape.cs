using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DdpmJobs.Model.Specs;

/// <summary>What a record looks like in a spec, found by reflection once a type.</summary>
internal sealed class SpecShape
{
    private static readonly ConcurrentDictionary<Type, SpecShape> Shapes = new();

    private SpecShape(Type type)
    {
        if (type.GetConstructor(Type.EmptyTypes) is null)
        {
            throw new InvalidOperationException($"{type} cannot be part of a spec: it needs a constructor without parameters.");
        }

        NullabilityInfoContext nullability = new();
        Members = [.. type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(p => p.GetMethod is { IsPublic: true } && p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .OrderBy(p => Depth(p.DeclaringType!)).ThenBy(p => p.MetadataToken)
            .Select(p => Member(p, nullability))];
        Kind = type.GetCustomAttribute<KindAttribute>();
    }

    /// <summary>The members in order of declaration, those of base types first.</summary>
    public IReadOnlyList<SpecMember> Members { get; }

    /// <summary>The kind of a component; null for a record that belongs to no family.</summary>
    public KindAttribute? Kind { get; }

    /// <summary>The shape of a record type that can be built.</summary>
    public static SpecShape Of(Type type) => Shapes.GetOrAdd(type, t => new SpecShape(t));

    /// <summary>Whether the type is a record class, and so written as an object.</summary>
    // The compiler gives every record class this clone method; nothing else marks one.
    public static bool IsRecord(Type type) => type.IsClass && type.GetMethod("<Clone>$") is not null;

    /// <summary>Whether the type heads a family of components, each with a kind.</summary>
    public static bool IsFamily(Type type) => type.IsAbstract && type.BaseType == typeof(object) && IsRecord(type);

    /// <summary>T of an <c>IReadOnlyList&lt;T&gt;</c>; null for any other type.</summary>
    public static Type? ElementType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    /// <summary>A C# name as specs write it: <c>BatchSize</c> is <c>batch_size</c>.</summary>
    public static string NameOf(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static SpecMember Member(PropertyInfo property, NullabilityInfoContext nullability) => new()
    {
        Name = NameOf(property.Name),
        Property = property,
        Required = property.IsDefined(typeof(RequiredMemberAttribute)),
        Nullable = nullability.Create(property).WriteState == NullabilityState.Nullable,
        Type = System.Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType,
        Limits = [.. property.GetCustomAttributes<ValidationAttribute>()],
        Description = property.GetCustomAttribute<DescriptionAttribute>()?.Text ?? "",
    };

    private static int Depth(Type type) => type.BaseType is null ? 0 : 1 + Depth(type.BaseType);
}
