using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Sampling;

/// <summary>Files of drawn images.</summary>
/// <param name="GridPng">Path of the picture.</param>
/// <param name="Images">Path of the images as safetensors: tensor <c>images</c>, (N, C, H, W) uint8, and those that the mode adds.</param>
/// <param name="NetworkEvaluations">Network evaluations of images, in all.</param>
public sealed record SampleSet(string GridPng, string Images, long NetworkEvaluations)
{
    /// <summary>Qualities that were measured on the way.</summary>
    public IReadOnlyList<MetricValue> Values { get; init; } = [];
}
