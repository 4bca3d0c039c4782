namespace DdpmJobs.Model.Sampling;

/// <summary>One row of a picture.</summary>
/// <param name="Label">What stands in front of it; empty for nothing.</param>
/// <param name="Images">Its images from the left, each (C, H, W) bytes; a row may be shorter than others.</param>
public sealed record PictureRow(string Label, IReadOnlyList<ReadOnlyMemory<byte>> Images)
{
    /// <summary>Whether rows that belong together begin here: more room is left above.</summary>
    public bool BeginsGroup { get; init; }

    /// <summary>Cuts images into rows without labels.</summary>
    /// <param name="images">(N, C, H, W) bytes, row-major.</param>
    /// <param name="size">C * H * W.</param>
    /// <param name="columns">Images a row.</param>
    public static IReadOnlyList<PictureRow> Of(ReadOnlyMemory<byte> images, int size, int columns) =>
        [.. Cut(images, size).Chunk(columns).Select(row => new PictureRow("", row))];

    /// <summary>Cuts images apart.</summary>
    /// <param name="images">(N, C, H, W) bytes, row-major.</param>
    /// <param name="size">C * H * W.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> Cut(ReadOnlyMemory<byte> images, int size) =>
        Enumerable.Range(0, images.Length / size).Select(i => images.Slice(i * size, size));
}
