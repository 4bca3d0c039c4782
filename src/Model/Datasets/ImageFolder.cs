using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>PNG and JPEG pictures of a folder in the data folder; the sub-folders, in order of name, are the classes.</summary>
/// <remarks>
/// Pictures directly in the folder have no class, and then there must be no sub-folders with pictures. Files of other types are passed over. An image's split follows from its
/// content alone. Each call reads the whole folder into memory.
/// </remarks>
[Kind("image_folder", Summary = "PNG and JPEG pictures of a folder in the data folder; sub-folders are classes; split by content", Source = "this project")]
public sealed record ImageFolder : Dataset, ISpecCheck
{
    private const int MostClasses = 256;
    private static readonly string[] Endings = [".png", ".jpg", ".jpeg"];

    /// <summary>The folder in the data folder.</summary>
    [Description("name of the folder in the data folder")]
    public required string Folder { get; init; } = "";

    /// <summary>Height of the images, in pixels.</summary>
    [Description("height of the images, in pixels")]
    [Range(1, 4096)]
    public int Height { get; init; } = 32;

    /// <summary>Width of the images, in pixels.</summary>
    [Description("width of the images, in pixels")]
    [Range(1, 4096)]
    public int Width { get; init; } = 32;

    /// <summary>3 for colour, 1 for grey.</summary>
    [Description("3 for colour, 1 for grey")]
    [AllowedValues(1, 3)]
    public int Channels { get; init; } = 3;

    /// <summary>Whether a picture of another size is cropped to its middle and scaled; otherwise it is refused.</summary>
    [Description("crop a picture of another size to its middle and scale it, instead of refusing it")]
    public bool Resize { get; init; }

    /// <summary>The level that shows where a picture is transparent.</summary>
    [Description("level that shows where a picture is transparent")]
    [Range(0, 255)]
    public int Background { get; init; }

    /// <summary>Expected share of the images that are held out.</summary>
    [Description("expected share of the images that are held out")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double TestFraction { get; init; } = 0.1;

    /// <inheritdoc/>
    public override (int C, int H, int W) Shape => (Channels, Height, Width);

    /// <inheritdoc/>
    public override int Levels => 256;

    /// <inheritdoc/>
    public void Check(string path) => DataFiles.RequireName(Folder, SpecPath.Member(path, "folder"));

    /// <inheritdoc/>
    public override ImageSet Load(Split split, string? dataFolder)
    {
        DataFiles files = new(dataFolder, Folder);
        if (!Directory.Exists(files.Folder))
            throw new FileNotFoundException($"{files.Folder}: there is no such folder; put the pictures there, or name the data folder in DDPM__Runner__DataFolder.", files.Folder);
        string[] names = [.. Directory.EnumerateFiles(files.Folder, "*", SearchOption.AllDirectories)
            .Where(file => Endings.Contains(Path.GetExtension(file).ToLowerInvariant()))
            .Select(file => Path.GetRelativePath(files.Folder, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(StringComparer.Ordinal)];
        List<string> classes = Classes(names, files.Folder);

        int size = Channels * Height * Width;
        using MemoryStream pixels = new();
        List<byte> labels = [];
        byte[] planes = new byte[size];
        int count = 0;
        foreach (string name in names)
        {
            byte[] content = File.ReadAllBytes(Path.Combine(files.Folder, name));
            byte[] hash = SHA256.HashData(content);
            if (HashSplit.Of(hash, TestFraction) != split)
                continue;
            Fitted(Raster.Decode(content, Path.Combine(files.Folder, name)), name).CopyPlanes(Channels, Background, planes);
            pixels.Write(planes);
            if (classes.Count > 0)
                labels.Add((byte)classes.IndexOf(ClassOf(name)));
            files.Note(name, Convert.ToHexStringLower(hash));
            count++;
        }

        return count > 0
            ? new ImageSet(pixels.ToArray(), count, Shape, Levels, [.. labels], files.ContentHash)
            : throw new InvalidDataException($"{files.Folder}: none of its {names.Length} pictures is for the split {SpecShape.NameOf(split.ToString())}; test_fraction is {TestFraction}.");
    }

    private static List<string> Classes(string[] names, string folder)
    {
        List<string> classes = [.. names.Where(name => name.Contains('/')).Select(ClassOf).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Count > 0 && names.FirstOrDefault(name => !name.Contains('/')) is string loose)
            throw new InvalidDataException($"{folder}: {loose} is in no class, but other pictures are in sub-folders such as {classes[0]}; move it, or them.");
        if (classes.Count > MostClasses)
            throw new InvalidDataException($"{folder}: has {classes.Count} sub-folders with pictures, and there can be {MostClasses} classes.");
        return classes;
    }

    private static string ClassOf(string name) => name[..name.IndexOf('/')];

    private Raster Fitted(Raster picture, string name) =>
        (picture.Width, picture.Height) == (Width, Height) ? picture
        : Resize ? picture.Fit(Width, Height)
        : throw new InvalidDataException($"{name}: is {picture.Width} x {picture.Height} pixels instead of {Width} x {Height}; with resize: true it would be cropped and scaled.");
}
