using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>Draws the samples of an evaluation and shows them to feature networks. Image i depends on checkpoint, sampler, seed and i only.</summary>
/// <param name="spec">The run.</param>
/// <param name="samples">Which samples.</param>
/// <param name="path">Where they stand in the run.</param>
/// <param name="network">The trained network.</param>
/// <param name="images">The images of a split.</param>
/// <param name="device">Where it is.</param>
/// <param name="evaluated">Called with the network evaluations of images that were just made; must return at once.</param>
/// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
internal sealed class SampleDrawing(RunSpec spec, EvaluationSamples samples, string path, TrainedNetwork network, Func<Split, ImageSet> images, string device, Action<long> evaluated, CancellationToken stop)
{
    private readonly SamplingSpec _sampling = samples.AsSampling(spec);

    /// <summary>What the protocol says of the samples.</summary>
    public JsonObject Protocol()
    {
        JsonObject protocol = new()
        {
            ["count"] = samples.Count,
            ["first"] = samples.First,
            ["seed"] = samples.Seed,
            ["sampler"] = SpecJson.Write(_sampling.Sampler),
            ["network_evaluations_per_image"] = samples.EvaluationsPerImage(spec),
        };
        foreach ((string name, string text) in new Conditioning(_sampling, network).Protocol)
            protocol[name] = text;
        return protocol;
    }

    /// <summary>Draws a range and shows it to the networks.</summary>
    /// <param name="shard">Zero-based number of the range.</param>
    /// <param name="uses">The ways of looking at the samples.</param>
    /// <param name="networks">Their networks.</param>
    /// <param name="checkpointSha256">SHA-256 of the network's file.</param>
    /// <exception cref="SpecException">A drawn image is not finite.</exception>
    public SampleShard Draw((int First, int End) shard, IReadOnlyList<FeatureUse> uses, IReadOnlyDictionary<FeatureSpace, FeatureNetwork> networks, string checkpointSha256)
    {
        Conditioning conditioning = new(_sampling, network);
        SampleContext context = SampleWriter.ContextOf(spec, _sampling, network, conditioning, device, images, evaluated, stop) with { Seed = samples.Seed };
        SampleSplits splits = new(samples.Count, samples.Splits);
        List<FeaturePass> passes = [];
        try
        {
            passes.AddRange(uses.Select(use => new FeaturePass(use, networks[use.Space], splits, shard.First, shard.End, device)));
            for (int first = shard.First; first < shard.End; first += samples.BatchSize)
            {
                using DisposeScope scope = NewDisposeScope();
                long[] numbers = [.. Enumerable.Range(first, Math.Min(samples.BatchSize, shard.End - first)).Select(i => samples.First + i)];
                Tensor x0 = _sampling.Sampler.Sample(context.Model, context.Network([.. numbers.Select(context.LabelOf)]), context.Request(numbers));
                RequireFinite(x0, numbers);
                foreach (FeaturePass pass in passes)
                    pass.Add(x0, stop);
            }

            return new SampleShard(SpecJson.Hash(spec), checkpointSha256, shard.First, shard.End, [.. passes.Select(pass => pass.Finish())]);
        }
        finally
        {
            foreach (FeaturePass pass in passes)
                pass.Dispose();
        }
    }

    private void RequireFinite(Tensor x0, long[] numbers)
    {
        using Tensor finite = x0.isfinite().flatten(1).all(1);
        if (finite.all().item<bool>())
            return;
        using Tensor wrong = finite.logical_not().nonzero();
        throw new SpecException(path, $"sample {numbers[wrong[0, 0].item<long>()]} has pixels that are not finite, and no quality is measured of such images: the trained network or the sampler is unstable");
    }
}
