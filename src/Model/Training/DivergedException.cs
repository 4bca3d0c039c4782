namespace DdpmJobs.Model.Training;

/// <summary>Training became unstable: an honest outcome of a run, not a failure, and never retried.</summary>
/// <param name="step">The optimiser step, zero-based, whose loss or gradient was not finite.</param>
/// <param name="loss">The loss of that step.</param>
/// <remarks>Ho et al. 2020, Table 2 has cells marked "unstable".</remarks>
public sealed class DivergedException(long step, double loss)
    : Exception($"Training diverged at step {step}: the loss is {loss}.")
{
    /// <summary>The optimiser step, zero-based.</summary>
    public long Step { get; } = step;

    /// <summary>The loss of that step, in the objective's unit.</summary>
    public double Loss { get; } = loss;
}
