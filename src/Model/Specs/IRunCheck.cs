namespace DdpmJobs.Model.Specs;

/// <summary>A record of a spec that does not go with every other part of a run; called by <see cref="RunChecks"/> for every record in the run.</summary>
public interface IRunCheck
{
    /// <summary>Throws when this record cannot work in this run.</summary>
    /// <param name="run">The whole run.</param>
    /// <param name="path">Where this record stands in the run; name a member of it with <see cref="SpecPath.Member"/>.</param>
    /// <exception cref="SpecException">The combination is impossible; the message names both values.</exception>
    void Check(RunSpec run, string path);
}
