namespace DdpmJobs.Model.Specs;

/// <summary>Gives a component of a closed family its name in a spec, as in <c>{ kind: cosine }</c>.</summary>
/// <param name="name">The name in a spec, in snake_case; unique in its family.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KindAttribute(string name) : Attribute
{
    /// <summary>The name in a spec, in snake_case.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence for a person choosing among the family.</summary>
    public required string Summary { get; init; }

    /// <summary>Paper and equation, or program and file, that define the component.</summary>
    public required string Source { get; init; }
}
