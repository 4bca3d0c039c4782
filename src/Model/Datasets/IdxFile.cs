using System.Buffers.Binary;

namespace DdpmJobs.Model.Datasets;

/// <summary>Reads images and labels in the IDX format: a magic number, the sizes as big-endian int32, then bytes.</summary>
/// <remarks>Y. LeCun, C. Cortes and C. Burges, The MNIST database; unsigned bytes are type 8, so images begin with 0x803 and labels with 0x801.</remarks>
internal static class IdxFile
{
    private const int Side = 28;
    private const int Classes = 10;
    private const int ImageHeader = 16;
    private const int LabelHeader = 8;

    /// <summary>Reads one split of a data set that is laid out as MNIST is.</summary>
    /// <param name="files">Its folder.</param>
    /// <param name="split">Which images.</param>
    /// <param name="published">The published files by name, where they are known.</param>
    /// <exception cref="InvalidDataException">A file is cut short or altered; the message names it.</exception>
    public static ImageSet Load(DataFiles files, Split split, IReadOnlyDictionary<string, PublishedFile> published)
    {
        string prefix = split == Split.Train ? "train" : "t10k";
        string imageFile = $"{prefix}-images-idx3-ubyte";
        string labelFile = $"{prefix}-labels-idx1-ubyte";

        byte[] images = files.Read(imageFile, published.GetValueOrDefault(imageFile));
        int[] sizes = Sizes(images, 3, imageFile);
        if ((sizes[1], sizes[2]) != (Side, Side))
            throw new InvalidDataException($"{imageFile}: holds images of {sizes[1]} x {sizes[2]} pixels instead of {Side} x {Side}.");

        byte[] labels = files.Read(labelFile, published.GetValueOrDefault(labelFile));
        int labelled = Sizes(labels, 1, labelFile)[0];
        if (labelled != sizes[0])
            throw new InvalidDataException($"{labelFile}: holds {labelled} labels for the {sizes[0]} images of {imageFile}.");
        int wrong = labels.AsSpan(LabelHeader).IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1));
        if (wrong >= 0)
            throw new InvalidDataException($"{labelFile}: label {wrong} is {labels[LabelHeader + wrong]}, not from 0 to {Classes - 1}.");
        return new ImageSet(images[ImageHeader..], sizes[0], (1, Side, Side), 256, labels[LabelHeader..], files.ContentHash);
    }

    private static int[] Sizes(byte[] file, int dimensions, string name)
    {
        int header = 4 + 4 * dimensions;
        int magic = 0x800 + dimensions;
        if (file.Length < header || BinaryPrimitives.ReadInt32BigEndian(file) != magic)
            throw new InvalidDataException($"{name}: is no IDX file of bytes in {dimensions} dimensions, which begins with 0x{magic:x8}.");

        int[] sizes = [.. Enumerable.Range(0, dimensions).Select(i => BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(4 + 4 * i)))];
        if (sizes.Any(size => size <= 0) || file.Length - header != sizes.Aggregate(1.0, (product, size) => product * size))
            throw new InvalidDataException($"{name}: is cut short or altered: its header promises {string.Join(" x ", sizes)} bytes, and {file.Length - header} follow.");
        return sizes;
    }
}
