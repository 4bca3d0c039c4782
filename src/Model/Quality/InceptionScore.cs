using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>Inception score: how sure a classifier is of each image, and how evenly the images spread over its classes. Sums up the classes as they come.</summary>
/// <remarks>
/// Salimans et al. 2016 (arXiv:1606.03498), section 4; the splits as toshas/torch-fidelity, metric_isc.py, has them: sample i of N is in split floor(i S / N), in order. Of a
/// split only the sums of p and of p log p are kept, and a sum takes its samples in any order, so several of them can be put together.
/// </remarks>
public sealed class InceptionScore
{
    private const double LargestMiss = 1e-3; // by which probabilities may miss the sum 1; float16 leaves this much

    private readonly long _samples;
    private readonly double[][] _sums;
    private readonly double[] _negativeEntropies;
    private readonly long[] _counts;

    /// <summary>Begins with no sample.</summary>
    /// <param name="samples">Number of samples that there will be.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="splits">Number of splits; 10 is usual.</param>
    /// <exception cref="ArgumentException">A split would be empty.</exception>
    public InceptionScore(long samples, int classes, int splits = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(splits, 1);
        if (samples < splits)
            throw new ArgumentException($"An Inception score of {splits} splits needs at least {splits} samples; got {samples}.", nameof(samples));
        _samples = samples;
        _sums = [.. Enumerable.Range(0, splits).Select(_ => new double[classes])];
        _negativeEntropies = new double[splits];
        _counts = new long[splits];
    }

    /// <summary>Goes on from what another has summed up of the same set.</summary>
    /// <param name="samples">Number of samples that there will be.</param>
    /// <param name="sums">As <see cref="Sums"/> gives them.</param>
    /// <exception cref="ArgumentException">They are not of one size, or cannot be sums.</exception>
    internal InceptionScore(long samples, InceptionSums sums)
        : this(samples, sums.Classes, sums.Counts.Length)
    {
        if (sums.OfClasses.Length != (long)sums.Classes * sums.Counts.Length || sums.NegativeEntropies.Length != sums.Counts.Length)
            throw new ArgumentException($"Sums of {sums.Counts.Length} splits and {sums.Classes} classes have {sums.OfClasses.Length} and {sums.NegativeEntropies.Length} elements.", nameof(sums));
        if (!sums.OfClasses.All(sum => sum >= 0 && double.IsFinite(sum)) || !sums.NegativeEntropies.All(double.IsFinite) || sums.Counts.Any(count => count < 0))
            throw new ArgumentException("Sums of probabilities must be finite and not below 0.", nameof(sums));
        for (int split = 0; split < _sums.Length; split++)
            sums.OfClasses.AsSpan(split * sums.Classes, sums.Classes).CopyTo(_sums[split]);
        sums.NegativeEntropies.CopyTo(_negativeEntropies, 0);
        sums.Counts.CopyTo(_counts, 0);
    }

    /// <summary>Number of samples so far.</summary>
    public long Count => _counts.Sum();

    /// <summary>What was summed up so far, to be put together with that of other samples elsewhere.</summary>
    internal InceptionSums Sums => new(_sums[0].Length, [.. _counts], [.. _negativeEntropies], [.. _sums.SelectMany(sum => sum)]);

    /// <summary>Adds samples by their logits.</summary>
    /// <param name="first">Number of the first of them, from 0.</param>
    /// <param name="logits">(n, classes), floating-point, any device.</param>
    /// <exception cref="ArgumentException">They have another shape, are not finite, or reach beyond the last sample.</exception>
    public void AddLogits(long first, Tensor logits)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        FeatureChecks.Require(logits, _sums[0].Length, first);
        Tensor logarithms = logits.to(ScalarType.Float64).log_softmax(1);
        Tensor p = logarithms.exp();
        Add(first, p, p * logarithms);
    }

    /// <summary>Adds samples by their probabilities.</summary>
    /// <param name="first">Number of the first of them, from 0.</param>
    /// <param name="probabilities">(n, classes), floating-point in [0, 1], any device.</param>
    /// <exception cref="ArgumentException">They have another shape, are no probabilities, or reach beyond the last sample.</exception>
    public void AddProbabilities(long first, Tensor probabilities)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        FeatureChecks.Require(probabilities, _sums[0].Length, first);
        Tensor p = probabilities.to(ScalarType.Float64);
        Tensor sums = p.sum(1);
        Tensor wrong = ((sums - 1).abs() > LargestMiss).logical_or(p.min(1).values < 0).nonzero();
        if (wrong.shape[0] > 0)
        {
            long row = wrong[0, 0].item<long>();
            throw new ArgumentException(FormattableString.Invariant($"The probabilities of sample {first + row} sum up to {sums[row].item<double>()}, the smallest {p[row].min().item<double>()}."), nameof(probabilities));
        }

        Add(first, p, p.xlogy(p));
    }

    /// <summary>Adds what another has summed up of other samples of the same set.</summary>
    /// <exception cref="ArgumentException">It has other samples, classes or splits.</exception>
    public void Add(InceptionScore other)
    {
        if (other._samples != _samples || other._counts.Length != _counts.Length || other._sums[0].Length != _sums[0].Length)
        {
            throw new ArgumentException(
                $"Scores of {_samples} and {other._samples} samples, {_counts.Length} and {other._counts.Length} splits, {_sums[0].Length} and {other._sums[0].Length} classes do not go together.", nameof(other));
        }

        for (int split = 0; split < _counts.Length; split++)
        {
            _counts[split] += other._counts[split];
            _negativeEntropies[split] += other._negativeEntropies[split];
            for (int c = 0; c < _sums[split].Length; c++)
                _sums[split][c] += other._sums[split][c];
        }
    }

    /// <summary>The score: mean and standard deviation over the splits, the latter divided by their number and not by one less, as it is published.</summary>
    /// <exception cref="InvalidOperationException">Samples are missing or were added twice.</exception>
    public (double Mean, double StandardDeviation) Value()
    {
        double[] scores = new double[_counts.Length];
        for (int split = 0; split < scores.Length; split++)
        {
            long expected = FirstOf(split + 1) - FirstOf(split);
            if (_counts[split] != expected)
                throw new InvalidOperationException($"Split {split} of the Inception score has {_counts[split]} samples instead of {expected}; {Count} of {_samples} were added.");
            double entropy = 0;
            foreach (double sum in _sums[split])
                entropy -= sum > 0 ? sum / expected * Math.Log(sum / expected) : 0;
            scores[split] = Math.Exp(_negativeEntropies[split] / expected + entropy);
        }

        double mean = scores.Average();
        return (mean, Math.Sqrt(scores.Average(score => (score - mean) * (score - mean))));
    }

    private long FirstOf(int split) => split * _samples / _counts.Length;

    private void Add(long first, Tensor p, Tensor negativeEntropies)
    {
        long end = first + p.shape[0];
        if (first < 0 || end > _samples)
            throw new ArgumentException($"Samples {first} to {end - 1} are not among the {_samples} of this score.", nameof(first));
        for (int split = 0; split < _counts.Length; split++)
        {
            (long from, long to) = (Math.Max(first, FirstOf(split)), Math.Min(end, FirstOf(split + 1)));
            if (from >= to)
                continue;
            double[] sum = p.narrow(0, from - first, to - from).sum([0L]).cpu().data<double>().ToArray();
            for (int c = 0; c < sum.Length; c++)
                _sums[split][c] += sum[c];
            _negativeEntropies[split] += negativeEntropies.narrow(0, from - first, to - from).sum().item<double>();
            _counts[split] += to - from;
        }
    }
}
