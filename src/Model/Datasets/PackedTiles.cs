using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>Images of one size, one after the other in one file of the data folder without any header: (N, H, W, C) bytes.</summary>
/// <remarks>With 4 channels the last is straight alpha, and the images have 3: they are laid over the background. An image's split follows from its content alone.</remarks>
[Kind("packed_tiles", Summary = "raw bytes (N, H, W, C) in one file of the data folder, plain or .gz; no classes; split by content", Source = "this project")]
public sealed record PackedTiles : Dataset, ISpecCheck
{
    private const int WithAlpha = 4;

    /// <summary>The file in the data folder.</summary>
    [Description("name of the file in the data folder, without .gz")]
    public required string File { get; init; } = "";

    /// <summary>Height of the images, in pixels.</summary>
    [Description("height of the images, in pixels")]
    [Range(1, 4096)]
    public int Height { get; init; } = 32;

    /// <summary>Width of the images, in pixels.</summary>
    [Description("width of the images, in pixels")]
    [Range(1, 4096)]
    public int Width { get; init; } = 32;

    /// <summary>Bytes a pixel in the file: 1, 3, or 4 with alpha.</summary>
    [Description("bytes a pixel in the file: 1, 3, or 4 with alpha")]
    [AllowedValues(1, 3, WithAlpha)]
    public int Channels { get; init; } = 3;

    /// <summary>The level that shows where an image is transparent.</summary>
    [Description("level that shows where an image is transparent")]
    [Range(0, 255)]
    public int Background { get; init; }

    /// <summary>Expected share of the images that are held out.</summary>
    [Description("expected share of the images that are held out")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double TestFraction { get; init; } = 0.1;

    /// <summary>SHA-256 that the unpacked file must have, in lower-case hexadecimal; null for anything. A cut between two images shows only by it.</summary>
    [Description("SHA-256 that the unpacked file must have, in lower-case hexadecimal; null for anything")]
    public string? Sha256 { get; init; }

    /// <inheritdoc/>
    public override (int C, int H, int W) Shape => (Math.Min(Channels, 3), Height, Width);

    /// <inheritdoc/>
    public override int Levels => 256;

    /// <inheritdoc/>
    public override int? LabelCount => 0;

    /// <inheritdoc/>
    public void Check(string path)
    {
        DataFiles.RequireName(File, SpecPath.Member(path, "file"));
        if (Sha256 is not null && (Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigitLower)))
            throw new SpecException(SpecPath.Member(path, "sha256"), $"must be 64 hexadecimal digits in lower case; got \"{Sha256}\"");
    }

    /// <inheritdoc/>
    public override ImageSet Load(Split split, string? dataFolder)
    {
        DataFiles files = new(dataFolder, "");
        byte[] tiles = files.Read(File, Sha256 is null ? null : new PublishedFile(null, Sha256));
        int stored = Height * Width * Channels;
        if (tiles.Length == 0 || tiles.Length % stored != 0)
            throw new InvalidDataException($"{File}: is cut short, or its images have another size: {tiles.Length} bytes are no whole number of {Height} x {Width} x {Channels} = {stored}.");

        int[] chosen = [.. Enumerable.Range(0, tiles.Length / stored).Where(i => HashSplit.Of(SHA256.HashData(tiles.AsSpan(i * stored, stored)), TestFraction) == split)];
        if (chosen.Length == 0)
            throw new InvalidDataException($"{File}: none of its {tiles.Length / stored} images is for the split {SpecShape.NameOf(split.ToString())}; test_fraction is {TestFraction}.");
        int size = Shape.C * Height * Width;
        byte[] pixels = new byte[chosen.Length * size];
        for (int i = 0; i < chosen.Length; i++)
            CopyPlanes(tiles.AsSpan(chosen[i] * stored, stored), pixels.AsSpan(i * size, size));
        return new ImageSet(pixels, chosen.Length, Shape, Levels, [], files.ContentHash);
    }

    private void CopyPlanes(ReadOnlySpan<byte> tile, Span<byte> planes)
    {
        if (Channels == WithAlpha)
        {
            new Raster(tile.ToArray(), Width, Height).CopyPlanes(3, Background, planes);
            return;
        }

        int area = Height * Width;
        for (int i = 0; i < tile.Length; i++)
            planes[i % Channels * area + i / Channels] = tile[i];
    }
}
