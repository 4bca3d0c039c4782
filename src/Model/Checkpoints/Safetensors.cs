using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Checkpoints;

/// <summary>Writes tensors in the safetensors format: a length, a JSON header, then plain bytes; reading such a file executes nothing.</summary>
/// <remarks>
/// Format: huggingface/safetensors, README. The header's free text also carries <c>sha256</c>, the hash of the bytes after the header, and <c>header_sha256</c>, the hash of the
/// header with zeros in the place of this hash; so no byte of the file can change unnoticed.
/// </remarks>
public static class Safetensors
{
    /// <summary>Name of the free text that holds the hash of the tensor bytes, in lower-case hexadecimal.</summary>
    public const string Sha256Key = "sha256";

    /// <summary>Name of the free text that holds the hash of the header, in lower-case hexadecimal.</summary>
    public const string HeaderSha256Key = "header_sha256";

    /// <summary>What stands in the place of a hash that is not known yet.</summary>
    internal static string NoHash { get; } = new('0', 2 * SHA256.HashSizeInBytes);

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(SafetensorType type) => type switch
    {
        SafetensorType.BOOL or SafetensorType.U8 or SafetensorType.I8 => 1,
        SafetensorType.I16 or SafetensorType.F16 or SafetensorType.BF16 => 2,
        SafetensorType.I32 or SafetensorType.F32 => 4,
        SafetensorType.F64 or SafetensorType.I64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Writes a file, replacing it atomically.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="metadata">Free text by name.</param>
    /// <param name="tensors">The tensors, in the order of the file.</param>
    public static void Write(string path, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<SafetensorContent> tensors)
    {
        // The hashes are known only after the tensors are written: leave room for them, and fill them in at the end.
        byte[] header = Header(metadata, tensors, NoHash, NoHash);
        AtomicFile.Write(path, stream =>
        {
            WriteHeader(stream, header);
            using HashingStream hashing = new(stream);
            foreach (SafetensorContent tensor in tensors)
            {
                long before = hashing.Position;
                tensor.WriteTo(hashing);
                if (hashing.Position - before != ByteLength(tensor.Type, tensor.Shape))
                    throw new InvalidOperationException($"Tensor {tensor.Name} wrote {hashing.Position - before} bytes instead of {ByteLength(tensor.Type, tensor.Shape)}.");
            }

            string sha256 = hashing.Sha256();
            string headerSha256 = Convert.ToHexStringLower(SHA256.HashData(Header(metadata, tensors, sha256, NoHash)));
            header = Header(metadata, tensors, sha256, headerSha256);
            stream.Position = 0;
            WriteHeader(stream, header);
        });
    }

    /// <summary>Bytes of a tensor.</summary>
    /// <exception cref="OverflowException">More than an int64 holds.</exception>
    internal static long ByteLength(SafetensorType type, IReadOnlyList<long> shape)
    {
        long length = SizeOf(type);
        foreach (long extent in shape)
            length = checked(length * extent);
        return length;
    }

    private static void WriteHeader(FileStream stream, byte[] header)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
    }

    private static byte[] Header(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<SafetensorContent> tensors, string sha256, string headerSha256)
    {
        JsonObject free = [];
        foreach ((string name, string text) in metadata)
            free[name] = text;
        free[Sha256Key] = sha256;
        free[HeaderSha256Key] = headerSha256;

        JsonObject header = new() { ["__metadata__"] = free };
        long offset = 0;
        foreach (SafetensorContent tensor in tensors)
        {
            long end = offset + ByteLength(tensor.Type, tensor.Shape);
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = tensor.Type.ToString(),
                ["shape"] = new JsonArray([.. tensor.Shape.Select(extent => JsonValue.Create(extent))]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }

        // Spaces make the bytes after the header start at a multiple of 8, as the format asks for.
        string json = header.ToJsonString();
        int bytes = Encoding.UTF8.GetByteCount(json);
        return Encoding.UTF8.GetBytes(json + new string(' ', (8 - bytes % 8) % 8));
    }
}
