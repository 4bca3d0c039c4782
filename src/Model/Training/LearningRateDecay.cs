namespace DdpmJobs.Model.Training;

/// <summary>A family of ways in which the learning rate falls after the warm-up.</summary>
public abstract record LearningRateDecay
{
    /// <summary>The factor of the optimiser's learning rate at a step; the warm-up's factor comes on top.</summary>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="warmupSteps">Steps of the warm-up.</param>
    /// <param name="steps">All steps of the training.</param>
    /// <returns>0 to 1.</returns>
    public abstract double FactorAt(long step, long warmupSteps, long steps);

    /// <summary>How much of the time after the warm-up has passed, 0 to 1.</summary>
    private protected static double ShareDone(long step, long warmupSteps, long steps) =>
        steps > warmupSteps ? Math.Clamp((step - warmupSteps) / (double)(steps - warmupSteps), 0, 1) : 0;
}
