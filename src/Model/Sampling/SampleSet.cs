namespace DdpmJobs.Model.Sampling;

/// <summary>Files of drawn images.</summary>
/// <param name="GridPng">Path of the grid picture.</param>
/// <param name="Images">Path of the images as safetensors: tensor <c>images</c>, (N, C, H, W) uint8.</param>
/// <param name="NetworkEvaluations">Network calls an image.</param>
public sealed record SampleSet(string GridPng, string Images, int NetworkEvaluations);
