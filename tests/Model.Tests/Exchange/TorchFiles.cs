using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>Writes files as torch.save does, in its two formats.</summary>
internal static class TorchFiles
{
    public static void WriteZip(string path, byte[] pickle, Dictionary<string, byte[]> storages, string byteOrder = "little", CompressionLevel level = CompressionLevel.NoCompression)
    {
        using ZipArchive zip = new(File.Create(path), ZipArchiveMode.Create);
        Write(zip, "model/data.pkl", pickle, level);
        Write(zip, "model/byteorder", Encoding.ASCII.GetBytes(byteOrder), level);
        foreach ((string key, byte[] bytes) in storages)
            Write(zip, $"model/data/{key}", bytes, level);
        Write(zip, "model/version", "3\n"u8.ToArray(), level);
    }

    /// <param name="storages">Key, element size and bytes, in the order of the file.</param>
    public static byte[] Legacy(byte[] pickle, (string Key, int Size, byte[] Bytes)[] storages, bool littleEndian = true)
    {
        List<byte> file = [];
        file.AddRange(new PickleText().Big(BigInteger.Parse("119547037146038801333356")).End());
        file.AddRange(new PickleText().Number(1001).End());
        file.AddRange(new PickleText().Op('}').Op('(').Text("protocol_version").Number(1001).Text("little_endian").Raw(littleEndian ? (byte)0x88 : (byte)0x89).Op('u').End());
        file.AddRange(pickle);
        PickleText keys = new PickleText().Op(']').Op('(');
        foreach ((string key, int _, byte[] _) in storages)
            keys.Text(key);
        file.AddRange(keys.Op('e').End());
        foreach ((string _, int size, byte[] bytes) in storages)
        {
            byte[] count = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(count, bytes.Length / size);
            file.AddRange(count);
            file.AddRange(bytes);
        }

        return [.. file];
    }

    public static byte[] Bytes(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static void Write(ZipArchive zip, string name, byte[] bytes, CompressionLevel level)
    {
        using Stream stream = zip.CreateEntry(name, level).Open();
        stream.Write(bytes);
    }
}
