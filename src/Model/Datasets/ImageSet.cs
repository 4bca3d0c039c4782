using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Datasets;

/// <summary>Images in memory, as whole levels.</summary>
public sealed class ImageSet
{
    private readonly byte[] _pixels;
    private readonly float[] _values;

    /// <summary>Takes over images.</summary>
    /// <param name="pixels">Levels 0..levels-1, (count, C, H, W) row-major; kept, not copied.</param>
    /// <param name="count">Images.</param>
    /// <param name="shape">Channels, height and width in pixels.</param>
    /// <param name="levels">Number of levels of a pixel, 2 to 256.</param>
    /// <param name="labels">One class an image; empty where the set has none.</param>
    /// <param name="contentHash">SHA-256 of the content in lower-case hexadecimal.</param>
    /// <exception cref="ArgumentException">The sizes disagree, or a pixel is not below the number of levels.</exception>
    public ImageSet(byte[] pixels, int count, (int C, int H, int W) shape, int levels, byte[] labels, string contentHash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, 256);
        if (pixels.LongLength != (long)count * shape.C * shape.H * shape.W)
            throw new ArgumentException($"{count} images of {shape} need {(long)count * shape.C * shape.H * shape.W} pixels; got {pixels.LongLength}.", nameof(pixels));
        if (labels.Length != 0 && labels.Length != count)
            throw new ArgumentException($"{count} images need {count} labels or none; got {labels.Length}.", nameof(labels));
        if (pixels.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)(levels - 1)))
            throw new ArgumentException($"A pixel is not below {levels} levels.", nameof(pixels));

        (_pixels, Count, Shape, Levels, Labels, ContentHash) = (pixels, count, shape, levels, labels, contentHash);
        _values = new float[levels];
        float half = (levels - 1) / 2f;
        for (int level = 0; level < levels; level++)
            _values[level] = level / half - 1; // u8 / 127.5 - 1 for 256 levels, as Ho et al. 2020
    }

    /// <summary>Images.</summary>
    public int Count { get; }

    /// <summary>Channels, height and width in pixels.</summary>
    public (int C, int H, int W) Shape { get; }

    /// <summary>Number of levels of a pixel.</summary>
    public int Levels { get; }

    /// <summary>One class an image; empty where the set has none.</summary>
    public IReadOnlyList<byte> Labels { get; }

    /// <summary>SHA-256 of the content in lower-case hexadecimal.</summary>
    public string ContentHash { get; }

    /// <summary>The levels of one image, (C, H, W) row-major.</summary>
    public ReadOnlySpan<byte> Pixels(int index)
    {
        int size = Shape.C * Shape.H * Shape.W;
        return _pixels.AsSpan(checked(index * size), size);
    }

    /// <summary>Labels as a network is given them.</summary>
    /// <param name="indices">Which images.</param>
    /// <param name="classes">Number of classes that the network knows.</param>
    /// <returns>(n,), 0 to classes - 1.</returns>
    /// <exception cref="Specs.SpecException">The set has no labels, or one that the network does not know.</exception>
    public long[] LabelsOf(ReadOnlySpan<int> indices, int classes)
    {
        if (Labels.Count == 0)
            throw new SpecException("network.classes", $"is {classes}, but the images have no labels; leave it out");
        long[] labels = new long[indices.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = Labels[indices[i]];
            if (labels[i] >= classes)
                throw new SpecException("network.classes", $"is {classes}, but the images have label {labels[i]}; it must be at least {labels[i] + 1}");
        }

        return labels;
    }

    /// <summary>Images as a network sees them.</summary>
    /// <param name="indices">Which images; one may stand more than once.</param>
    /// <returns>(n, C, H, W) float32 on the CPU, level * 2 / (levels - 1) - 1, in [-1, 1]; the caller disposes it.</returns>
    public Tensor Batch(ReadOnlySpan<int> indices)
    {
        int size = Shape.C * Shape.H * Shape.W;
        float[] values = new float[indices.Length * size];
        int at = 0;
        foreach (int index in indices)
        {
            foreach (byte level in Pixels(index))
                values[at++] = _values[level];
        }

        return tensor(values, [indices.Length, Shape.C, Shape.H, Shape.W]);
    }
}
