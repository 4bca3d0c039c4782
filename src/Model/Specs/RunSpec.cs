using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Objectives;

namespace DdpmJobs.Model.Specs;

/// <summary>One point of a sweep, fully resolved: everything that decides the numbers of a run and nothing else (no code, path or secret).</summary>
/// <remarks>Its identity is the SHA-256 of its canonical JSON (<see cref="SpecJson.Hash"/>), with every default written out.</remarks>
public sealed record RunSpec
{
    /// <summary>The root of all randomness of the run.</summary>
    [Description("root of all randomness of the run")]
    public long Seed { get; init; }

    /// <summary>The images.</summary>
    [Description("the images")]
    public required Dataset Data { get; init; }

    /// <summary>The denoising network.</summary>
    [Description("the denoising network")]
    public Network Network { get; init; } = new DdpmUnet();

    /// <summary>The forward process and how the network's output is read.</summary>
    [Description("the forward process and how the network's output is read")]
    public ProcessSpec Process { get; init; } = new();

    /// <summary>What training minimises.</summary>
    [Description("what training minimises")]
    public Objective Objective { get; init; } = new SimpleObjective();

    /// <summary>How it is minimised.</summary>
    [Description("how it is minimised")]
    public TrainingSpec Training { get; init; } = new();

    /// <summary>What is measured on the trained network.</summary>
    [Description("what is measured on the trained network")]
    public EvaluationSpec Evaluation { get; init; } = new();

    /// <summary>Names of the published weights that whoever measures it must have.</summary>
    public IReadOnlyList<string> PublishedWeights =>
        [.. Evaluation.Metrics.Concat(Training.Validation?.Metrics ?? []).OfType<SampleMetric>().Select(metric => metric.Space.PublishedWeights).OfType<string>().Distinct()];

    /// <summary>What is drawn from the trained network.</summary>
    [Description("what is drawn from the trained network")]
    public SamplingSpec Sampling { get; init; } = new();
}
