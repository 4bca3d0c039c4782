using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>Handwritten digits of 8 x 8 pixels with 17 levels: 3,823 to train on by 30 writers and 1,797 to test on by 13 others. Shipped, so it needs no download.</summary>
/// <remarks>
/// Each pixel counts the set pixels in a 4 x 4 block of a 32 x 32 bitmap, hence 17 levels, 0 to 16. A likelihood in bits/dim is per pixel of 17 levels
/// (at most log2 17 = 4.09 for a uniform guess) and is not comparable with one per pixel of 256.
/// </remarks>
[Kind("optdigits", Summary = "handwritten digits, 8 x 8 pixels with 17 levels, 3,823 + 1,797 images; shipped",
    Source = "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998 (CC BY 4.0)")]
public sealed record Optdigits : Dataset
{
    private const int Pixels = 64;
    private const int LastLevel = 16;

    /// <inheritdoc/>
    public override (int C, int H, int W) Shape => (1, 8, 8);

    /// <inheritdoc/>
    public override int Levels => LastLevel + 1;

    /// <inheritdoc/>
    public override int? LabelCount => 10;

    /// <inheritdoc/>
    public override int? CountOf(Split split) => split == Split.Train ? 3823 : 1797;

    /// <inheritdoc/>
    public override ImageSet Load(Split split, string? dataFolder)
    {
        string file = split == Split.Train ? "optdigits.tra" : "optdigits.tes";
        return Parse(Unpack(file), CountOf(split)!.Value, file);
    }

    /// <summary>Reads lines of 64 levels and a label.</summary>
    /// <param name="text">The file's bytes.</param>
    /// <param name="count">Images that it must hold.</param>
    /// <param name="file">Its name, for errors.</param>
    internal static ImageSet Parse(byte[] text, int count, string file)
    {
        string[] lines = Encoding.ASCII.GetString(text).Split('\n', StringSplitOptions.TrimEntries);
        if (lines[^1].Length == 0)
            lines = lines[..^1];
        if (lines.Length != count)
            throw new InvalidDataException($"{file}: holds {lines.Length} images instead of {count}.");

        byte[] pixels = new byte[count * Pixels];
        byte[] labels = new byte[count];
        for (int image = 0; image < count; image++)
        {
            string[] values = lines[image].Split(',');
            if (values.Length != Pixels + 1)
                throw new InvalidDataException($"{file}:{image + 1}: has {values.Length} values instead of {Pixels + 1}.");
            for (int pixel = 0; pixel < Pixels; pixel++)
                pixels[image * Pixels + pixel] = Number(values[pixel], LastLevel, file, image);
            labels[image] = Number(values[Pixels], 9, file, image);
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(text));
        return new ImageSet(pixels, count, (1, 8, 8), LastLevel + 1, labels, hash);
    }

    private static byte Number(string text, int largest, string file, int image)
    {
        if (byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte value) && value <= largest)
            return value;
        throw new InvalidDataException($"{file}:{image + 1}: \"{text}\" is not a whole number from 0 to {largest}.");
    }

    private static byte[] Unpack(string file)
    {
        using Stream packed = typeof(Optdigits).Assembly.GetManifestResourceStream($"{file}.gz")
            ?? throw new FileNotFoundException($"{file}.gz is not in the program.");
        using GZipStream unpacked = new(packed, CompressionMode.Decompress);
        using MemoryStream bytes = new();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }
}
