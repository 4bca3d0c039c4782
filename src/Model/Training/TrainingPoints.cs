namespace DdpmJobs.Model.Training;

/// <summary>What one or more training steps measured, handed over every <c>log_every</c> steps and before every checkpoint.</summary>
/// <param name="FirstStep">The first step measured, zero-based; value i belongs to step FirstStep + i.</param>
/// <param name="Loss">Loss a step, in the objective's unit.</param>
/// <param name="GradNorm">Global gradient norm before clipping a step.</param>
/// <param name="LearningRate">Learning rate a step.</param>
/// <param name="ImagesPerSecond">Throughput since the last hand-over.</param>
public sealed record TrainingPoints(long FirstStep, double[] Loss, double[] GradNorm, double[] LearningRate, double ImagesPerSecond);
