namespace DdpmJobs.Cli.Results;

/// <summary>The metrics and parts that the displays show by name; a run may have any others.</summary>
internal static class MetricNames
{
    public const string Loss = "train/loss";
    public const string ImagesPerSecond = "train/images_per_second";
    public const string Nll = "nll";
    public const string BitsPerDim = "bits/dim";

    /// <summary>Parts of the bound on the likelihood, with the paper's names.</summary>
    public static readonly IReadOnlyList<(string Part, string Title)> NllParts =
        [("prior_bits_per_dim", "L_T"), ("kl_bits_per_dim", "Σ L_t"), ("decoder_bits_per_dim", "L_0")];
}
