namespace DdpmJobs.Model.Specs;

/// <summary>One component of a family.</summary>
/// <param name="Name">The kind, as in <c>cosine</c>.</param>
/// <param name="Summary">One sentence for a person choosing among the family.</param>
/// <param name="Source">Paper and equation, or program and file.</param>
/// <param name="Parameters">In order of declaration.</param>
public sealed record KindInfo(string Name, string Summary, string Source, IReadOnlyList<KindParameter> Parameters);
