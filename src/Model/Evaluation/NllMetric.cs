using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>An upper bound on the negative log-likelihood of held-out images, in bits/dim: the code length of a pixel.</summary>
/// <remarks>
/// L_T + sum of L_t + L_0, with one draw of x_t for each image and t, or several. A dimension is one channel of one pixel, with as many levels as the data have: bits/dim of
/// a set with 17 levels (at most log2 17 = 4.09 for a uniform guess) and of one with 256 (8) are not comparable.
/// </remarks>
[Kind("nll", Summary = "upper bound on the negative log-likelihood, bits/dim", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 5 and table 1")]
public sealed record NllMetric : Metric, IRunCheck
{
    /// <inheritdoc/>
    // Of the value and its series; the training images are measured beside the others, not instead of them.
    public override string Name => Split == SplitName.Train ? "nll_train" : "nll";

    /// <summary>Which images: <c>test</c> or <c>train</c>.</summary>
    [Description("which images: test or train")]
    [AllowedValues(SplitName.Test, SplitName.Train)]
    public string Split { get; init; } = SplitName.Test;

    /// <summary>The first so many images; null for all.</summary>
    [Description("the first so many images; null for all")]
    [Range(1, int.MaxValue)]
    public int? Images { get; init; }

    /// <summary>
    /// Null measures every t, as the paper. k draws one t in each of k strata of 1..T-1 for each image, which is unbiased, and costs k + 1 network evaluations an
    /// image; L_0 and L_T are always measured.
    /// </summary>
    [Description("null for every t; k for an unbiased estimate from k of them an image, and t = 0")]
    [Range(1, int.MaxValue)]
    public int? TimestepsPerImage { get; init; }

    /// <summary>
    /// How often each term is drawn, with noise, and timesteps where they are drawn, of its own; so many times the network evaluations. The paper has 1. From 2 on the part of the
    /// standard error that noise and timesteps leave is known too, apart from what other images would change.
    /// </summary>
    [Description("how often each term is drawn; from 2 on the error that the draws leave is reported too")]
    [Range(1, 1024)]
    public int Draws { get; init; } = 1;

    /// <summary>Whether predicted images are clipped to [-1, 1], as in the paper.</summary>
    [Description("clip predicted images to [-1, 1]")]
    public bool ClipDenoised { get; init; } = true;

    /// <summary>How L_0 is computed: <c>exact</c>, or <c>tanh</c> as in the program of Ho et al., for values comparable with published ones.</summary>
    [Description("how L_0 is computed: exact, or tanh as the paper's program approximates it")]
    [AllowedValues("exact", "tanh")]
    public string Decoder { get; init; } = "exact";

    /// <summary>Images a network call; no effect on the value but for the network's rounding.</summary>
    [Description("images a network call; no effect on the value")]
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 256;

    /// <inheritdoc/>
    public override long NetworkEvaluations(MetricContext context)
        => (long)Count(context.Images(WhichSplit)) * Draws * new TimestepStrata(context.Model.Process.Timesteps, TimestepsPerImage).Visits;

    /// <inheritdoc/>
    public override MetricValue Measure(MetricContext context)
    {
        ImageSet images = context.Images(WhichSplit);
        int count = Count(images);
        BoundTally tally = new BoundMeasurement(context, images, count)
        {
            Strata = new TimestepStrata(context.Model.Process.Timesteps, TimestepsPerImage),
            Draws = Draws,
            ClipDenoised = ClipDenoised,
            Decoder = Decoder == "exact" ? Diffusion.Decoder.Exact : Diffusion.Decoder.Tanh,
            BatchSize = BatchSize,
        }.Run();

        Dictionary<string, double> parts = new()
        {
            ["prior_bits_per_dim"] = tally.Prior.Average(),
            ["kl_bits_per_dim"] = tally.Kl.Average(),
            ["decoder_bits_per_dim"] = tally.Decoder.Average(),
        };
        if (tally.MonteCarloStandardError() is double error)
            parts["monte_carlo_standard_error_bits_per_dim"] = error;

        return new MetricValue
        {
            Name = Name,
            Value = tally.Totals.Average(),
            StandardError = tally.StandardError(),
            Unit = "bits/dim",
            Protocol = Protocol(context, images, count),
            Parts = parts,
            Series = new Dictionary<string, (long[], double[])>
            {
                [$"{Name}/bits_per_dim_at_t"] = tally.BitsPerDimAtT(),
                [$"{Name}/x0_mse_at_t"] = tally.X0MseAtT(),
                [$"{Name}/eps_mse_at_t"] = tally.EpsMseAtT(),
                [Name + RateDistortion.RateSuffix] = tally.RateAtT(),
                [Name + RateDistortion.DistortionSuffix] = tally.DistortionAtT(),
            },
        };
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (TimestepsPerImage >= run.Process.Timesteps)
        {
            throw new SpecException(SpecPath.Member(path, "timesteps_per_image"),
                $"must be below the {run.Process.Timesteps} timesteps of the process; got {TimestepsPerImage}; leave it out to measure every t");
        }

        // A run keeps one value, and one curve, of a name.
        List<Metric> metrics = [.. run.Evaluation.Metrics];
        int mine = metrics.FindIndex(metric => ReferenceEquals(metric, this));
        int first = metrics.FindIndex(metric => metric is NllMetric other && other.Split == Split);
        if (first < mine)
        {
            throw new SpecException(SpecPath.Member(path, "split"),
                $"must differ from that of {SpecPath.Element("evaluation.metrics", first)}, because a run keeps one bound of a split; got {Split} in both");
        }
    }

    private Datasets.Split WhichSplit => SplitName.Of(Split);

    // A loader that starts again at the end would count some images twice.
    private int Count(ImageSet images) => Images is null || Images <= images.Count
        ? Images ?? images.Count
        : throw new SpecException("images", $"must be at most the {images.Count} images of the {Split} split; got {Images}");

    private JsonObject Protocol(MetricContext context, ImageSet images, int count)
    {
        JsonObject protocol = (JsonObject)context.BaseProtocol.DeepClone();
        protocol["metric"] = Name;
        protocol["split"] = Split;
        protocol["data_hash"] = images.ContentHash;
        protocol["levels"] = images.Levels;
        protocol["images"] = count;
        protocol["timesteps"] = context.Model.Process.Timesteps;
        protocol["timesteps_per_image"] = TimestepsPerImage;
        protocol["clip_denoised"] = ClipDenoised;
        protocol["decoder"] = Decoder;
        protocol["noise_draws_per_term"] = Draws;
        protocol["seed"] = context.Seed;
        if (context.ConditionalNetwork is not null)
            protocol["labels"] = "true"; // the bound is then one on p(x | label)
        return protocol;
    }
}
