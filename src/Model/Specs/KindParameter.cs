using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>One parameter of a component.</summary>
public sealed record KindParameter
{
    /// <summary>The name in a spec, in snake_case.</summary>
    public required string Name { get; init; }

    /// <summary>Its type in words: <c>whole number</c>, <c>number</c>, <c>true or false</c>, <c>text</c>, a family's name, or a list of these.</summary>
    public required string Type { get; init; }

    /// <summary>Whether it must be given.</summary>
    public required bool Required { get; init; }

    /// <summary>The value it has when it is not given; null where it is required or where null is the default.</summary>
    public required JsonNode? Default { get; init; }

    /// <summary>What it means, with its unit.</summary>
    public required string Description { get; init; }

    /// <summary>The values it may have, as in <c>between 0 and 1</c>; empty where the type says it all.</summary>
    public required string Range { get; init; }
}
