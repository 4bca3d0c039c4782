using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Checkpoints;

/// <summary>A safetensors file, open for reading and checked as a whole: cut, altered or overlapping files are refused before a number is used.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private const long LargestHeader = 100_000_000; // huggingface/safetensors, README: 100 MB

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorEntry> _entries = new(StringComparer.Ordinal);

    private SafetensorsFile(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;

        // Read the header.
        Span<byte> lengthBytes = stackalloc byte[sizeof(long)];
        if (stream.ReadAtLeast(lengthBytes, sizeof(long), throwOnEndOfStream: false) < sizeof(long))
            throw Damaged($"it ends after {stream.Length} bytes, within the length of its header");
        long headerLength = BinaryPrimitives.ReadInt64LittleEndian(lengthBytes);
        if (headerLength is < 2 or > LargestHeader)
            throw Damaged($"its header claims {headerLength} bytes; it is no safetensors file");
        if (stream.Length - sizeof(long) < headerLength)
            throw Damaged($"it ends after {stream.Length} bytes, within its header of {headerLength}");
        byte[] header = new byte[headerLength];
        stream.ReadExactly(header);
        _dataStart = sizeof(long) + headerLength;

        ReadEntries(ParseHeader(header));
        CheckHash(header);

        // Check that the tensors cover the rest of the file without gap or overlap.
        long end = 0;
        foreach (SafetensorEntry entry in _entries.Values.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length))
        {
            if (entry.Offset != end)
                throw Damaged($"tensor {entry.Name} begins at byte {entry.Offset} instead of {end}");
            end = entry.Offset + entry.Length;
        }

        if (_stream.Length - _dataStart != end)
            throw Damaged($"its tensors take {end} bytes, but it holds {_stream.Length - _dataStart} after its header");

        // Check the bytes.
        if (Metadata.TryGetValue(Safetensors.Sha256Key, out string? expected))
        {
            string actual = Convert.ToHexStringLower(SHA256.HashData(_stream));
            if (actual != expected)
                throw Damaged($"its tensors have SHA-256 {actual} instead of {expected}; it was altered after it was written");
        }
    }

    /// <summary>The file, for messages.</summary>
    internal string Path => _path;

    /// <summary>Free text by name; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorEntry> Entries => _entries;

    /// <summary>Opens a file and checks lengths, offsets, types and, when it carries one, the hash.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafetensorsFile Open(string path)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);
        try
        {
            return new SafetensorsFile(path, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor and checks that it is what the caller expects.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type it must have.</param>
    /// <exception cref="InvalidDataException">It is not there, or of another type.</exception>
    public SafetensorEntry Find(string name, SafetensorType type)
    {
        if (!_entries.TryGetValue(name, out SafetensorEntry? entry))
            throw Damaged($"it holds no tensor {name}");
        if (entry.Type != type)
            throw Damaged($"tensor {name} has type {entry.Type} instead of {type}");
        return entry;
    }

    /// <summary>Reads the bytes of a tensor.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <param name="destination">As long as the tensor; row-major, little-endian.</param>
    public void Read(SafetensorEntry entry, Span<byte> destination)
    {
        if (destination.Length != entry.Length)
            throw new ArgumentException($"Tensor {entry.Name} has {entry.Length} bytes; got room for {destination.Length}.", nameof(destination));
        _stream.Position = _dataStart + entry.Offset;
        _stream.ReadExactly(destination);
    }

    /// <summary>All elements of a tensor, row-major.</summary>
    /// <typeparam name="T">What its elements are.</typeparam>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    internal T[] ReadAll<T>(SafetensorEntry entry)
        where T : unmanaged
    {
        T[] elements = new T[entry.Length / Unsafe.SizeOf<T>()];
        Read(entry, MemoryMarshal.AsBytes(elements.AsSpan()));
        return elements;
    }

    /// <summary>Says that this file is wrong.</summary>
    internal InvalidDataException Damaged(string what) => new($"{_path} cannot be used: {what}.");

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    // Files of other programs carry no such hash.
    private void CheckHash(byte[] header)
    {
        if (!Metadata.TryGetValue(Safetensors.HeaderSha256Key, out string? expected))
            return;
        byte[] entry = Encoding.ASCII.GetBytes($"\"{Safetensors.HeaderSha256Key}\":\"{expected}\"");
        int place = header.AsSpan().IndexOf(entry);
        if (place >= 0 && expected.Length == Safetensors.NoHash.Length)
            Encoding.ASCII.GetBytes(Safetensors.NoHash).CopyTo(header, place + entry.Length - 1 - expected.Length);
        string actual = Convert.ToHexStringLower(SHA256.HashData(header));
        if (actual != expected)
            throw Damaged($"its header has SHA-256 {actual} instead of {expected}; it was altered after it was written");
    }

    private JsonObject ParseHeader(byte[] header)
    {
        try
        {
            JsonDocumentOptions strict = new() { AllowDuplicateProperties = false };
            return JsonNode.Parse(header, documentOptions: strict) as JsonObject ?? throw Damaged("its header is no JSON object");
        }
        catch (JsonException error)
        {
            throw Damaged($"its header is no JSON ({error.Message.TrimEnd('.')})");
        }
    }

    private void ReadEntries(JsonObject header)
    {
        foreach ((string name, JsonNode? value) in header)
        {
            try
            {
                if (name == "__metadata__")
                    Metadata = value!.AsObject().ToDictionary(text => text.Key, text => text.Value!.GetValue<string>(), StringComparer.Ordinal);
                else
                    _entries.Add(name, ReadEntry(name, value!.AsObject()));
            }
            catch (Exception error) when (error is InvalidOperationException or NullReferenceException or FormatException or OverflowException)
            {
                throw Damaged($"its header describes {name} wrongly");
            }
        }
    }

    private SafetensorEntry ReadEntry(string name, JsonObject value)
    {
        string type = value["dtype"]!.GetValue<string>();
        if (!Enum.GetNames<SafetensorType>().Contains(type))
            throw Damaged($"tensor {name} has type {type}; the types are {string.Join(", ", Enum.GetNames<SafetensorType>())}");
        SafetensorType known = Enum.Parse<SafetensorType>(type);
        long[] shape = [.. value["shape"]!.AsArray().Select(extent => extent!.GetValue<long>())];
        long[] offsets = [.. value["data_offsets"]!.AsArray().Select(offset => offset!.GetValue<long>())];
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || shape.Any(extent => extent < 0))
            throw Damaged($"tensor {name} has shape [{string.Join(", ", shape)}] and offsets [{string.Join(", ", offsets)}]");
        if (Safetensors.ByteLength(known, shape) != offsets[1] - offsets[0])
            throw Damaged($"tensor {name} of type {type} and shape [{string.Join(", ", shape)}] has {offsets[1] - offsets[0]} bytes");
        return new SafetensorEntry(name, known, shape, offsets[0], offsets[1] - offsets[0]);
    }
}
