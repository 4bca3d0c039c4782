using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;

namespace DdpmJobs.Model.Specs;

/// <summary>The images that metrics of samples are measured on. They are drawn once for all of these metrics, exactly as many as are asked for, and not kept.</summary>
public sealed record EvaluationSamples : IRunCheck
{
    // So many to a job where the spec does not say: an hour or so of a sampler with 20 calls and a network of the size of CIFAR-10's on one device, and far less than a minute of the smallest.
    private const int ImagesOfShard = 5000;
    private const int MostShards = 256;

    /// <summary>How many images: 50,000 for a value that is to stand beside published ones.</summary>
    [Description("how many images; 50000 for a value that is to stand beside published ones")]
    [Range(2, 10_000_000)]
    public int Count { get; init; } = 10_000;

    /// <summary>Number of the first image, which decides its noise: images of other numbers are other images of the same network.</summary>
    [Description("number of the first image; images of other numbers are other images of the same network")]
    [Range(0.0, 1e12)]
    public long First { get; init; }

    /// <summary>Root of the images' randomness: not the run's, so that runs trained from several seeds are measured, and ranked, alike.</summary>
    [Description("root of the images' randomness; not the run's, so that runs of several seeds are measured alike")]
    public long Seed { get; init; }

    /// <summary>The reverse process; null for that of <see cref="RunSpec.Sampling"/>.</summary>
    [Description("the reverse process; null for that of sampling")]
    public Sampler? Sampler { get; init; }

    /// <summary>Images a network call; no effect on the images but for the network's rounding.</summary>
    [Description("images a network call; no effect on the images")]
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Labels of the images, in turn, as <see cref="SamplingSpec.Classes"/>; null for those of <see cref="RunSpec.Sampling"/>.</summary>
    [Description("labels of the images, in turn; null for those of sampling")]
    [MinLength(1)]
    public IReadOnlyList<int>? Classes { get; init; }

    /// <summary>s of classifier-free guidance, as <see cref="SamplingSpec.GuidanceScale"/>; null for that of <see cref="RunSpec.Sampling"/>.</summary>
    [Description("s of classifier-free guidance; null for that of sampling")]
    [Range(0.0, 1000.0)]
    public double? GuidanceScale { get; init; }

    /// <summary>Parts of one size, in order, that the scores' deviation and the standard errors are made of. The Inception score is published with 10.</summary>
    [Description("parts that the scores' deviation and the standard errors are made of; 10 as published")]
    [Range(2, 1000)]
    public int Splits { get; init; } = 10;

    /// <summary>
    /// Jobs that the drawing is divided into, each of a range of the images, so that one evaluation uses every runner and a lost runner costs one range; no effect on the images, nor on
    /// values but for float64 rounding. Null for one a 5,000 images, at most 256.
    /// </summary>
    [Description("jobs that the drawing is divided into, no effect on values; null for one a 5000 images")]
    [Range(1, MostShards)]
    public int? Shards { get; init; }

    /// <summary>Batches that the images are drawn in.</summary>
    internal int Batches => (Count + BatchSize - 1) / BatchSize;

    /// <summary>Jobs that the drawing is divided into.</summary>
    public int ShardCount => Shards ?? Math.Min(Math.Clamp((Count + ImagesOfShard - 1) / ImagesOfShard, 1, MostShards), Batches);

    /// <summary>Network evaluations that one image takes: twice the sampler's calls where guidance asks without labels too.</summary>
    public int EvaluationsPerImage(RunSpec run)
    {
        SamplingSpec sampling = AsSampling(run);
        return sampling.Sampler.NetworkEvaluations(run.Process.Timesteps) * sampling.CallsPerStep(run.Network.LabelCount);
    }

    /// <summary>The same as a sampling that draws images from noise.</summary>
    internal SamplingSpec AsSampling(RunSpec run) => run.Sampling with
    {
        Sampler = Sampler ?? run.Sampling.Sampler,
        Mode = new SamplesMode(),
        Count = Count,
        BatchSize = BatchSize,
        Weights = run.Evaluation.Weights,
        Checkpoint = run.Evaluation.Checkpoint,
        Classes = Classes ?? run.Sampling.Classes,
        GuidanceScale = GuidanceScale ?? run.Sampling.GuidanceScale,
    };

    /// <summary>Which images a shard draws, counted from 0: whole batches, so that every image is drawn beside the same others however many shards there are.</summary>
    /// <param name="shard">Zero-based, below <see cref="ShardCount"/>.</param>
    internal (int First, int End) RangeOf(int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, ShardCount);
        return (Edge(shard), Edge(shard + 1));

        int Edge(int edge) => Math.Min(Count, (int)((long)Batches * edge / ShardCount) * BatchSize);
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        bool validates = ReferenceEquals(run.Training.Validation?.Samples, this);
        if (!(validates ? run.Training.Validation!.DrawsSamples : run.Evaluation.DrawsSamples))
            return;
        if (Splits > Count)
            throw new SpecException(SpecPath.Member(path, "splits"), $"must be at most the {Count} images of {path}.count; got {Splits}");
        if (Shards > Batches)
            throw new SpecException(SpecPath.Member(path, "shards"), $"must be at most the {Batches} network calls of {BatchSize} images that {Count} images take; got {Shards}; a smaller batch_size makes more of them");

        SamplingSpec sampling = AsSampling(run);
        sampling.Check(run, path);
        (sampling.Sampler as IRunCheck)?.Check(run, SpecPath.Member(path, "sampler"));
    }
}
