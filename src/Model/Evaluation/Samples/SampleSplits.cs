namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>How samples are divided into parts of one size, in order: sample i of N is in split floor(i S / N).</summary>
/// <param name="Samples">N.</param>
/// <param name="Count">S, at most N.</param>
/// <remarks>toshas/torch-fidelity, metric_isc.py.</remarks>
internal readonly record struct SampleSplits(int Samples, int Count)
{
    /// <summary>Number of the first sample of a split; N for the one after the last.</summary>
    public int First(int split) => (int)((long)split * Samples / Count);

    /// <summary>The split of a sample.</summary>
    public int Of(int sample)
    {
        // The inverse of First, which rounds down.
        int split = (int)((long)sample * Count / Samples);
        return First(split + 1) <= sample ? split + 1 : split;
    }
}
