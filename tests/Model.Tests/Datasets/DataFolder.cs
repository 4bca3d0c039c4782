using System.Buffers.Binary;
using System.IO.Compression;

namespace DdpmJobs.Model.Tests.Datasets;

/// <summary>A data folder that lives as long as a test.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ddpm-data-").FullName;

    public string Write(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static byte[] Pack(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest))
            stream.Write(content);
        return packed.ToArray();
    }

    /// <summary>Bytes of a fixed pattern that does not repeat soon.</summary>
    public static byte[] Pattern(int length, int start = 0) => [.. Enumerable.Range(start, length).Select(i => (byte)(i * 37 + i / 251))];

    /// <summary>An IDX file of bytes.</summary>
    public static byte[] Idx(byte[] content, params int[] sizes)
    {
        byte[] header = new byte[4 + 4 * sizes.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x800 + sizes.Length);
        for (int i = 0; i < sizes.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), sizes[i]);
        return [.. header, .. content];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
