using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>Small colour photographs of 32 x 32 pixels in ten classes: 50,000 to train on and 10,000 to test on, from <c>cifar10/</c> in the data folder.</summary>
/// <remarks>The binary version: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>; an image is a byte of its class and its red, green and blue planes.</remarks>
[Kind("cifar10", Summary = "colour photographs of ten classes, 32 x 32 pixels, 50,000 + 10,000 images; from cifar10/ in the data folder (binary version, plain or .gz)",
    Source = "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009")]
public sealed record Cifar10 : Dataset
{
    private const int Pixels = 3 * 32 * 32;
    private const int Classes = 10;
    private const int PublishedLength = 10_000 * (1 + Pixels);

    // SHA-256 of the training files, unpacked.
    private static readonly string[] Published =
    [
        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    ];

    /// <summary>Images that each of the five training files must hold.</summary>
    [Description("images that each of the five training files must hold")]
    [Range(1, 100_000)]
    public int BatchImages { get; init; } = 10_000;

    /// <summary>Images that the test file must hold.</summary>
    [Description("images that the test file must hold")]
    [Range(1, 100_000)]
    public int TestImages { get; init; } = 10_000;

    /// <inheritdoc/>
    public override (int C, int H, int W) Shape => (3, 32, 32);

    /// <inheritdoc/>
    public override int Levels => 256;

    /// <inheritdoc/>
    public override int? LabelCount => 10;

    /// <inheritdoc/>
    public override int? CountOf(Split split) => split == Split.Train ? Published.Length * BatchImages : TestImages;

    /// <inheritdoc/>
    public override ImageSet Load(Split split, string? dataFolder)
    {
        DataFiles files = new(dataFolder, "cifar10");
        (string Name, PublishedFile? Published)[] batches = split == Split.Train
            ? [.. Published.Select((hash, i) => ($"data_batch_{i + 1}.bin", new PublishedFile(PublishedLength, hash)))]
            : [("test_batch.bin", null)];
        int each = split == Split.Train ? BatchImages : TestImages;
        byte[] pixels = new byte[batches.Length * each * Pixels];
        byte[] labels = new byte[batches.Length * each];
        byte[][] records = files.ReadAll(batches);
        for (int batch = 0; batch < batches.Length; batch++)
        {
            Take(records[batch], each, pixels.AsSpan(batch * each * Pixels), labels.AsSpan(batch * each), batches[batch].Name);
        }

        return new ImageSet(pixels, labels.Length, Shape, Levels, labels, files.ContentHash);
    }

    private static void Take(byte[] records, int count, Span<byte> pixels, Span<byte> labels, string file)
    {
        if (records.Length != count * (1 + Pixels))
            throw new InvalidDataException($"{file}: is cut short or another file: it has {records.Length} bytes, and {count} images need {count * (1 + Pixels)}.");
        for (int image = 0; image < count; image++)
        {
            ReadOnlySpan<byte> record = records.AsSpan(image * (1 + Pixels), 1 + Pixels);
            if (record[0] >= Classes)
                throw new InvalidDataException($"{file}: image {image} has the class {record[0]}, not one from 0 to {Classes - 1}.");
            labels[image] = record[0];
            record[1..].CopyTo(pixels[(image * Pixels)..]);
        }
    }
}
