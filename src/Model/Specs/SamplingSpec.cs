using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Samplers;

namespace DdpmJobs.Model.Specs;

/// <summary>What is drawn from the trained network.</summary>
public sealed record SamplingSpec : IRunCheck
{
    /// <summary>The reverse process.</summary>
    [Description("the reverse process")]
    public Sampler Sampler { get; init; } = new DdimSampler();

    /// <summary>Images drawn.</summary>
    [Description("images drawn")]
    [Range(1, 1_000_000)]
    public int Count { get; init; } = 64;

    /// <summary>Images a network call; no effect on the images.</summary>
    [Description("images a network call; no effect on the images")]
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Columns of the grid picture.</summary>
    [Description("columns of the grid picture")]
    [Range(1, 1024)]
    public int Columns { get; init; } = 8;

    /// <summary>Which weights are sampled: <c>raw</c>, or <c>ema.0</c> for the first moving average of the training, <c>ema.1</c> for the second and so on.</summary>
    [Description("which weights are sampled: raw, or ema.0 for the first moving average and so on")]
    public string Weights { get; init; } = WeightChoice.FirstEma;

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => WeightChoice.Check(Weights, run, path);
}
