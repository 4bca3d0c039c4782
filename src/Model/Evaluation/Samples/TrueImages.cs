using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>The true images that samples are compared with, as metrics need them; each is made ready once.</summary>
/// <param name="library">Where they come from.</param>
/// <param name="networks">The networks.</param>
/// <param name="device">Where they are.</param>
internal sealed class TrueImages(ReferenceLibrary library, IReadOnlyDictionary<FeatureSpace, FeatureNetwork> networks, string device) : IDisposable
{
    private readonly Dictionary<(FeatureSpace, ReferenceImages), (FrechetReference Reference, JsonObject Protocol)> _distances = [];
    private readonly Dictionary<(FeatureSpace, ReferenceImages), (Tensor Features, JsonObject Protocol)> _features = [];

    /// <summary>Mean and covariance, decomposed, and what the protocol says of the images.</summary>
    /// <exception cref="SpecException">The file is of another network or size, or holds no covariance; the path is relative to the metric.</exception>
    public (FrechetReference Reference, JsonObject Protocol) DistanceOf(FeatureSpace space, ReferenceImages reference)
    {
        if (_distances.TryGetValue((space, reference), out (FrechetReference, JsonObject) known))
            return known;
        (FeatureGaussian gaussian, JsonObject protocol) = library.Statistics(reference, space, networks[space]);
        try
        {
            return _distances[(space, reference)] = (new FrechetReference(gaussian, device), protocol);
        }
        catch (ArgumentException error)
        {
            throw new SpecException("reference", error.Message.Split(" (Parameter")[0]);
        }
    }

    /// <summary>The features of the images, (M, D) float32 on the device, this object's; and what the protocol says of the images.</summary>
    public (Tensor Features, JsonObject Protocol) FeaturesOf(FeatureSpace space, SplitReference reference)
    {
        if (_features.TryGetValue((space, reference), out (Tensor, JsonObject) known))
            return known;
        (Tensor features, JsonObject protocol) = library.Features(reference, space, networks[space]);
        using (features)
            return _features[(space, reference)] = (features.to(new Device(device), copy: true).DetachFromDisposeScope(), protocol);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((FrechetReference reference, JsonObject _) in _distances.Values)
            reference.Dispose();
        foreach ((Tensor features, JsonObject _) in _features.Values)
            features.Dispose();
    }
}
