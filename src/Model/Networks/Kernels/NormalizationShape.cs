namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>What a normalisation works on: images in memory with the channels last.</summary>
/// <param name="Images">N.</param>
/// <param name="Pixels">H times W.</param>
/// <param name="Channels">C, a multiple of <see cref="Vectors.Lanes"/>.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Activates">Whether SiLU follows.</param>
internal readonly record struct NormalizationShape(int Images, int Pixels, int Channels, int Groups, double Epsilon, bool Activates)
{
    // A chunk stays in the first-level cache, and is short enough that its sums are exact enough in single precision.
    private const int ChunkElements = 4096;

    /// <summary>Channels of one group.</summary>
    public int ChannelsPerGroup { get; } = Channels / Groups;

    /// <summary>Elements of one image.</summary>
    public int Elements => Pixels * Channels;

    /// <summary>Pixels that are worked on at once.</summary>
    public int ChunkPixels { get; } = Math.Clamp(ChunkElements / Channels, 1, Pixels);
}
