namespace DdpmJobs.Tracking.Sweeps;

/// <summary>A checkpoint that a run begins with instead of nothing: weights that another program, or another installation, trained.</summary>
/// <param name="Sha256">Its content, in the artifact store.</param>
/// <param name="Step">Training steps it counts as done; all of the spec's, and there is nothing left to train.</param>
/// <param name="Origin">Where its first weights come from, by name, as its header says.</param>
public sealed record AdoptedCheckpoint(string Sha256, long Step, IReadOnlyDictionary<string, string> Origin);
