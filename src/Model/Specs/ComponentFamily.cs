namespace DdpmJobs.Model.Specs;

/// <summary>A family of components as the reader needs it.</summary>
/// <param name="Name">As a person says it, in snake_case singular: <c>timestep_sampler</c>.</param>
/// <param name="Kinds">The types by kind, sorted.</param>
internal sealed record ComponentFamily(string Name, SortedDictionary<string, Type> Kinds)
{
    /// <summary>The name in a sentence: <c>timestep sampler</c>.</summary>
    public string Spoken => Name.Replace('_', ' ');

    /// <summary>A sentence that lists the kinds.</summary>
    public string Choice => Kinds.Count == 1
        ? $"the only {Spoken} is {Kinds.First().Key}"
        : $"the {Spoken}s are {string.Join(", ", Kinds.Keys)}";
}
