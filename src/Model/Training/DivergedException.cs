namespace DdpmJobs.Model.Training;

/// <summary>Training became unstable: an honest outcome of a run, not a failure, and never retried.</summary>
/// <param name="divergence">What is known of it; its sentence is the message.</param>
/// <remarks>Ho et al. 2020, Table 2 has cells marked "unstable".</remarks>
public sealed class DivergedException(Divergence divergence) : Exception(divergence.Sentence)
{
    /// <summary>Step, cause, batch and last good checkpoint.</summary>
    public Divergence Divergence { get; } = divergence;
}
