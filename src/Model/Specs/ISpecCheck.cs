namespace DdpmJobs.Model.Specs;

/// <summary>A record of a spec that refuses contradictions among its own members; called by <see cref="SpecJson"/> once it is bound and its ranges hold.</summary>
public interface ISpecCheck
{
    /// <summary>Throws when members contradict each other.</summary>
    /// <param name="path">Where this record stands in the spec; name a member of it with <see cref="SpecPath.Member"/>.</param>
    /// <exception cref="SpecException">A contradiction, with the values: <c>must exceed beta_start; got beta_start 0.02, beta_end 0.0001</c>.</exception>
    void Check(string path);
}
