using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>Shows a range of the samples to one network as they are drawn, and sums up what it says. Of the images nothing is kept.</summary>
/// <param name="use">Which network and how.</param>
/// <param name="network">It.</param>
/// <param name="splits">How the samples are divided.</param>
/// <param name="first">Number of the range's first sample.</param>
/// <param name="end">Number after that of its last.</param>
/// <param name="device">Where sums are made.</param>
internal sealed class FeaturePass(FeatureUse use, FeatureNetwork network, SampleSplits splits, int first, int end, string device) : IDisposable
{
    private readonly Dictionary<int, FeatureStatistics> _done = [];
    private readonly InceptionScore _score = new(splits.Samples, network.Classes, splits.Count);
    private float[]? _features;
    private FeatureTally? _tally;
    private int _split = -1;
    private int _shown;

    /// <summary>Shows it the samples that follow.</summary>
    /// <param name="x0">(n, C, H, W) float32 about [-1, 1].</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    public void Add(Tensor x0, CancellationToken stop)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor levels = use.Quantise ? PixelLevels.Of(x0) : PixelLevels.Unrounded(x0);
        using FeatureOutputs outputs = network.Of(use.Space.Fit(levels, network), stop);
        int next = first + _shown;
        int count = (int)x0.shape[0];
        _score.AddLogits(next, outputs.ScoreLogits);
        if (use.KeepsFeatures)
        {
            _features ??= new float[(long)(end - first) * network.Dimensions];
            using Tensor there = outputs.Features.cpu();
            there.data<float>().CopyTo(_features.AsSpan(_shown * network.Dimensions, count * network.Dimensions));
        }

        // A batch may lie in several splits.
        for (int done = 0; done < count;)
        {
            int split = splits.Of(next + done);
            int taken = Math.Min(count - done, splits.First(split + 1) - next - done);
            TallyOf(split).Add(outputs.Features.narrow(0, done, taken));
            done += taken;
        }

        _shown += count;
    }

    /// <summary>What was summed up of the whole range.</summary>
    public FeaturePart Finish()
    {
        if (first + _shown != end)
            throw new InvalidOperationException($"{_shown} of the samples {first}..{end} were shown.");
        EndSplit();
        return new FeaturePart
        {
            Network = network.Name,
            NetworkSha256 = network.Hash,
            Dimensions = network.Dimensions,
            Splits = _done,
            Score = _score,
            Features = _features,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _tally?.Dispose();

    private FeatureTally TallyOf(int split)
    {
        if (split != _split)
        {
            EndSplit();
            _split = split;
        }

        return _tally ??= new FeatureTally(network.Dimensions, device);
    }

    private void EndSplit()
    {
        if (_tally is null)
            return;
        _done.Add(_split, _tally.Statistics());
        _tally.Dispose();
        _tally = null;
    }
}
