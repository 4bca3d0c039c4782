using System.Runtime.InteropServices;
using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Sampling;

/// <summary>The file that drawn images are kept in: safetensors with a tensor <c>images</c>, (N, C, H, W) uint8, and those that a mode adds. Needs no libtorch.</summary>
public static class SampleFile
{
    private const string Tensor = "images";

    /// <summary>Writes images, replacing the file atomically.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="images">(N, C, H, W) bytes, row-major.</param>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="metadata">Where they come from, as free text by name.</param>
    /// <param name="further">Tensors beside them.</param>
    public static void Write(
        string path, byte[] images, (int N, int C, int H, int W) shape, IReadOnlyDictionary<string, string> metadata, params IReadOnlyList<SafetensorContent> further) =>
        Safetensors.Write(path, metadata,
            [new SafetensorContent(Tensor, SafetensorType.U8, [shape.N, shape.C, shape.H, shape.W], stream => stream.Write(images)), .. further]);

    /// <summary>A tensor of float32 to be written.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <param name="shape">Its extents.</param>
    public static SafetensorContent Floats(string name, float[] values, IReadOnlyList<long> shape) =>
        new(name, SafetensorType.F32, shape, stream => stream.Write(MemoryMarshal.AsBytes<float>(values)));

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
