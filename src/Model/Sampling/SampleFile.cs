using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Sampling;

/// <summary>The file that drawn images are kept in: safetensors with one tensor <c>images</c>, (N, C, H, W) uint8. Needs no libtorch.</summary>
public static class SampleFile
{
    private const string Tensor = "images";

    /// <summary>Writes images, replacing the file atomically.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="images">(N, C, H, W) bytes, row-major.</param>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="metadata">Where they come from, as free text by name.</param>
    public static void Write(string path, byte[] images, (int N, int C, int H, int W) shape, IReadOnlyDictionary<string, string> metadata) =>
        Safetensors.Write(path, metadata,
            [new SafetensorContent(Tensor, SafetensorType.U8, [shape.N, shape.C, shape.H, shape.W], stream => stream.Write(images))]);

    /// <summary>Reads images.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or holds no such images.</exception>
    public static (byte[] Images, (int N, int C, int H, int W) Shape) Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorEntry entry = file.Find(Tensor, SafetensorType.U8);
        if (entry.Shape.Count != 4)
            throw file.Damaged($"its images have {entry.Shape.Count} dimensions instead of 4");
        byte[] images = new byte[entry.Length];
        file.Read(entry, images);
        return (images, ((int)entry.Shape[0], (int)entry.Shape[1], (int)entry.Shape[2], (int)entry.Shape[3]));
    }
}
