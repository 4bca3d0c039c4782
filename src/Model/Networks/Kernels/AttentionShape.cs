namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>What attention works on: the pixels of images, in memory with the channels last.</summary>
/// <param name="Images">N; several heads count as so many images.</param>
/// <param name="Pixels">T: of queries, and of keys and values.</param>
/// <param name="Channels">C, a multiple of 16.</param>
/// <param name="Scale">What a query's product with a key is multiplied by.</param>
internal readonly record struct AttentionShape(int Images, int Pixels, int Channels, float Scale)
{
    /// <summary>Queries that are worked on at once: their weights stay in the cache.</summary>
    public const int Block = 64;

    /// <summary>Numbers of one image.</summary>
    public int Elements => Pixels * Channels;

    /// <summary>Numbers of a matrix (C, T) in <see cref="Panels"/>.</summary>
    public int ByPixels => Channels * Panels.Whole(Pixels);

    /// <summary>Numbers of a matrix (T, C) in <see cref="Panels"/>.</summary>
    public int ByChannels => Pixels * Panels.Whole(Channels);

    /// <summary>Distance of two queries' weights: the keys, filled up.</summary>
    public int Stride => Panels.Whole(Pixels);
}
