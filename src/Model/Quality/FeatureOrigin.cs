namespace DdpmJobs.Model.Quality;

/// <summary>What features are of, and how they were made. Only features that agree in all of it but the samples belong together.</summary>
/// <param name="Network">Name of the network that made them.</param>
/// <param name="NetworkSha256">SHA-256 of its weights, in lower-case hexadecimal.</param>
/// <param name="Images">What the images are, in words, as in <c>cifar10 train</c>.</param>
/// <param name="DataHash">Hash of the images.</param>
/// <param name="Resize">Kind of the resizing before the network; empty where there was none.</param>
/// <param name="Scaling">What the network does to a level first, as <see cref="Evaluation.FeatureNetworks.FeatureNetwork.Scaling"/>.</param>
/// <param name="Samples">Which of the images.</param>
public sealed record FeatureOrigin(string Network, string NetworkSha256, string Images, string DataHash, string Resize, string Scaling, SampleRanges Samples)
{
    /// <summary>The origin of what was put together of two.</summary>
    /// <exception cref="ArgumentException">They do not belong together, or share a sample.</exception>
    public FeatureOrigin With(FeatureOrigin other)
    {
        Require("network", Network, other.Network);
        Require("network_sha256", NetworkSha256, other.NetworkSha256);
        Require("images", Images, other.Images);
        Require("data_hash", DataHash, other.DataHash);
        Require("resize", Resize, other.Resize);
        Require("scaling", Scaling, other.Scaling);
        return this with { Samples = Samples.With(other.Samples) };
    }

    private static void Require(string what, string mine, string others)
    {
        if (mine != others)
            throw new ArgumentException($"Features of {what} \"{mine}\" and of \"{others}\" do not go together.", nameof(others));
    }
}
