namespace DdpmJobs.Model.Training;

/// <summary>What one or more training steps measured, handed over every <c>log_every</c> steps and before every checkpoint.</summary>
/// <param name="FirstStep">The first step measured, zero-based; value i belongs to step FirstStep + i.</param>
/// <param name="Loss">Loss a step, in the objective's unit.</param>
/// <param name="GradNorm">Global gradient norm before clipping a step.</param>
/// <param name="LearningRate">Learning rate a step.</param>
/// <param name="ImagesPerSecond">Throughput since the last hand-over.</param>
public sealed record TrainingPoints(long FirstStep, double[] Loss, double[] GradNorm, double[] LearningRate, double ImagesPerSecond)
{
    /// <summary>Bins over t of the losses called <c>loss_t00</c> and so on; fewer where there are fewer timesteps. t lies in bin B t / T, rounded down.</summary>
    public const int LossBins = 20;

    /// <summary>
    /// What was measured over the window of steps that ends with the last of these, or at its end, by name as in <c>loss_q0</c>; empty in the middle of a window.
    /// The names, windows and units are in docs/training.md, "What is logged".
    /// </summary>
    public IReadOnlyDictionary<string, double> AtLastStep { get; init; } = new Dictionary<string, double>();
}
