namespace DdpmJobs.Model.Training;

/// <summary>A family of moving averages of the weights, which begin as the first weights.</summary>
public abstract record Ema
{
    /// <summary>The share of the old average that stays after a step.</summary>
    /// <param name="step">The optimiser step just done, zero-based.</param>
    /// <returns>d in [0, 1): the average becomes d times itself plus 1 - d times the weights.</returns>
    public abstract double DecayAt(long step);
}
