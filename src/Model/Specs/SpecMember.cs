using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace DdpmJobs.Model.Specs;

/// <summary>One member of a record as a spec writes it.</summary>
internal sealed record SpecMember
{
    /// <summary>The name in a spec, in snake_case.</summary>
    public required string Name { get; init; }

    /// <summary>The property that holds it.</summary>
    public required PropertyInfo Property { get; init; }

    /// <summary>Whether it must be given.</summary>
    public required bool Required { get; init; }

    /// <summary>Whether null is a value of it.</summary>
    public required bool Nullable { get; init; }

    /// <summary>Its type without the <c>Nullable</c> around it.</summary>
    public required Type Type { get; init; }

    /// <summary>The type of its elements where it is a list, else null.</summary>
    public Type? ElementType => SpecShape.ElementType(Type);

    /// <summary>What its value must fulfil.</summary>
    public required IReadOnlyList<ValidationAttribute> Limits { get; init; }

    /// <summary>The text of its <see cref="DescriptionAttribute"/>; empty where it has none.</summary>
    public required string Description { get; init; }
}
