namespace DdpmJobs.Model.Specs;

/// <summary>A family of components that can stand in one place of a spec.</summary>
/// <param name="Name">In snake_case singular, as in <c>timestep_sampler</c>.</param>
/// <param name="Kinds">In order of name.</param>
public sealed record KindFamily(string Name, IReadOnlyList<KindInfo> Kinds);
