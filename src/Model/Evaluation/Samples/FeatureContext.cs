using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>What metrics of samples are measured from: the features of all samples, and the true images.</summary>
internal sealed class FeatureContext
{
    private readonly Dictionary<(FeatureSpace, bool, ReferenceImages, int), PrecisionRecall> _manifolds = [];

    /// <summary>The ways of looking at the samples, as the parts of <see cref="Samples"/>.</summary>
    public required IReadOnlyList<FeatureUse> Uses { get; init; }

    /// <summary>The samples, all of them.</summary>
    public required SampleShard Samples { get; init; }

    /// <summary>How they are divided.</summary>
    public required SampleSplits Splits { get; init; }

    /// <summary>Root of their randomness.</summary>
    public required long Seed { get; init; }

    /// <summary>The networks.</summary>
    public required IReadOnlyDictionary<FeatureSpace, FeatureNetwork> Networks { get; init; }

    /// <summary>Size of the samples.</summary>
    public required (int C, int H, int W) Shape { get; init; }

    /// <summary>The true images.</summary>
    public required TrueImages True { get; init; }

    /// <summary>What the protocol of every metric says: data, weights, samples.</summary>
    public required JsonObject BaseProtocol { get; init; }

    /// <summary>Where distances are computed.</summary>
    public required string Device { get; init; }

    /// <summary>What was summed up of the samples.</summary>
    public FeaturePart PartOf(SampleMetric metric)
    {
        for (int way = 0; way < Uses.Count; way++)
        {
            if (Uses[way].Space == metric.Space && Uses[way].Quantise == metric.Quantise)
                return Samples.Parts[way];
        }

        throw new InvalidOperationException($"The samples were not looked at as {metric.Name} wants.");
    }

    /// <summary>The true images of a distance, decomposed.</summary>
    public FrechetReference ReferenceOf(DistanceMetric metric) => True.DistanceOf(metric.Space, metric.Reference).Reference;

    /// <summary>What the protocol says of them.</summary>
    public JsonObject ReferenceProtocolOf(DistanceMetric metric) => (JsonObject)True.DistanceOf(metric.Space, metric.Reference).Protocol.DeepClone();

    /// <summary>What the protocol says of true images whose features are used.</summary>
    public JsonObject ReferenceProtocolOf(SampleMetric metric, ReferenceImages reference) => (JsonObject)True.FeaturesOf(metric.Space, (SplitReference)reference).Protocol.DeepClone();

    /// <summary>The features of all samples and of true images.</summary>
    /// <returns>(N, D) and (M, D) float32 on the device; the samples' belong to the dispose scope in force, the others are not the caller's.</returns>
    public (Tensor Samples, Tensor Reference) FeaturesOf(SampleMetric metric, SplitReference reference)
    {
        FeaturePart part = PartOf(metric);
        return (tensor(part.Features!, [part.Features!.Length / part.Dimensions, part.Dimensions], device: new Device(Device)), True.FeaturesOf(metric.Space, reference).Features);
    }

    /// <summary>Precision and recall, and of how many samples and true images.</summary>
    public (PrecisionRecall Both, long Samples, long Reference) ManifoldsOf(SampleMetric metric, SplitReference reference, int neighbour)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor samples, Tensor real) = FeaturesOf(metric, reference);
        if (neighbour >= real.shape[0])
            throw new SpecException("neighbour", $"must be below the {real.shape[0]} true images; got {neighbour}");
        if (!_manifolds.TryGetValue((metric.Space, metric.Quantise, reference, neighbour), out PrecisionRecall? both))
            _manifolds.Add((metric.Space, metric.Quantise, reference, neighbour), both = PrecisionRecall.Of(samples, real, neighbour));
        return (both, samples.shape[0], real.shape[0]);
    }

    /// <summary>The protocol of a metric.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="rest">Adds what only it knows.</param>
    public JsonObject ProtocolOf(SampleMetric metric, Action<JsonObject> rest)
    {
        FeatureNetwork network = Networks[metric.Space];
        JsonObject protocol = (JsonObject)BaseProtocol.DeepClone();
        protocol["metric"] = metric.Name;
        protocol["network"] = new JsonObject { ["name"] = network.Name, ["sha256"] = network.Hash, ["scaling"] = network.Scaling };
        protocol["resize"] = metric.Space.ResizingOf(Shape, network) is { Length: > 0 } resize ? resize : "none";
        protocol["quantiser"] = metric.Quantise ? "round to 8 bits" : "none";
        rest(protocol);
        return protocol;
    }
}
