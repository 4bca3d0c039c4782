using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A measured quality with everything that another person needs to measure it again.</summary>
public sealed record MetricValue
{
    private const int DigestLength = 16;

    /// <summary>The metric's name, as in <c>nll</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The value.</summary>
    public required double Value { get; init; }

    /// <summary>Its standard error in the same unit; null when it has none.</summary>
    public double? StandardError { get; init; }

    /// <summary>The unit, as in <c>bits/dim</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Whether smaller is better.</summary>
    public bool LowerIsBetter { get; init; } = true;

    /// <summary>How it was measured: data and its hash, split, image count, clipping, sampler, seed, weights. Values are comparable only when this is equal.</summary>
    public required JsonObject Protocol { get; init; }

    /// <summary>First 16 hexadecimal digits of the SHA-256 of the protocol's canonical JSON; values of different digests are never ranked together.</summary>
    public string ProtocolDigest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SpecJson.Canonical(Protocol))))[..DigestLength];

    /// <summary>
    /// What the value is made of, as in <c>prior_bits_per_dim</c> (L_T), <c>kl_bits_per_dim</c> (sum of L_t, t = 1..T-1), <c>decoder_bits_per_dim</c> (L_0), and what else is known of
    /// it, as in <c>monte_carlo_standard_error_bits_per_dim</c>.
    /// </summary>
    public IReadOnlyDictionary<string, double> Parts { get; init; } = new Dictionary<string, double>();

    /// <summary>What makes the value doubtful, each as a sentence without its stop; empty where nothing does.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Series by name, as in <c>nll/bits_per_dim_at_t</c>: pairs of (t, value), t ascending.</summary>
    public IReadOnlyDictionary<string, (long[] Step, double[] Value)> Series { get; init; } = new Dictionary<string, (long[], double[])>();
}
