using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DdpmJobs.Model.Specs;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.GZip;

namespace DdpmJobs.Model.Datasets;

/// <summary>Reads the files of a data set from the data folder, and remembers what was read.</summary>
/// <param name="dataFolder">Folder of data sets that are not shipped; null for <c>data</c> in the working directory.</param>
/// <param name="folder">The data set's folder in it; empty for itself.</param>
internal sealed class DataFiles(string? dataFolder, string folder)
{
    private const string DefaultFolder = "data";

    private readonly StringBuilder _read = new();

    /// <summary>Where the files are looked for.</summary>
    public string Folder { get; } = Path.GetFullPath(Path.Combine(dataFolder ?? DefaultFolder, folder));

    /// <summary>SHA-256 of the lines that <c>sha256sum</c> prints for the files read, unpacked, in order; lower-case hexadecimal.</summary>
    public string ContentHash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_read.ToString())));

    /// <summary>Reads a file, plain or packed by gzip with <c>.gz</c> behind its name; the plain one goes first.</summary>
    /// <param name="name">Name in the folder.</param>
    /// <param name="published">What it must be; null for anything.</param>
    /// <exception cref="FileNotFoundException">Neither is there; the message says where they are looked for.</exception>
    /// <exception cref="InvalidDataException">The packed file is damaged, or the content is another; the message names the file.</exception>
    public byte[] Read(string name, PublishedFile? published = null) => ReadAll([(name, published)])[0];

    /// <summary>Reads several files at once, as <see cref="Read"/> does one.</summary>
    /// <returns>Their contents, in the order asked for.</returns>
    public byte[][] ReadAll(IReadOnlyList<(string Name, PublishedFile? Published)> files)
    {
        Task<(byte[] Content, string Hash)>[] reads = [.. files.Select(file => Task.Run(() => Load(file.Name, file.Published)))];
        byte[][] contents = new byte[files.Count][];
        for (int i = 0; i < contents.Length; i++)
        {
            (contents[i], string hash) = reads[i].GetAwaiter().GetResult();
            Note(files[i].Name, hash);
        }

        return contents;
    }

    private (byte[] Content, string Hash) Load(string name, PublishedFile? published)
    {
        string plain = Path.Combine(Folder, name);
        string path = File.Exists(plain) ? plain : plain + ".gz";
        if (!File.Exists(path))
            throw new FileNotFoundException($"{plain}: there is no such file, nor one with .gz behind its name; put it there, or name the data folder in DDPM__Runner__DataFolder.", plain);

        byte[] content = path.EndsWith(".gz", StringComparison.Ordinal) ? Unpack(path) : File.ReadAllBytes(path);
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        if (published is not null && content.LongLength == (published.Length ?? content.LongLength) && hash != published.Sha256)
            throw new InvalidDataException($"{path}: is another file than it should be, or was altered: its SHA-256 is {hash} instead of {published.Sha256}.");
        return (content, hash);
    }

    /// <summary>Adds a file that was read elsewhere to the content hash.</summary>
    /// <param name="name">Name in the folder.</param>
    /// <param name="hash">SHA-256 of its content in lower-case hexadecimal.</param>
    public void Note(string name, string hash) => _read.Append(hash).Append("  ").Append(name).Append('\n');

    /// <summary>Refuses a name that leads out of the data folder: a spec holds no path.</summary>
    /// <param name="name">As in <c>flowers</c> or <c>flowers/small</c>.</param>
    /// <param name="path">Where it stands in the spec.</param>
    /// <exception cref="SpecException">It is empty, absolute, or steps up.</exception>
    public static void RequireName(string name, string path)
    {
        if (name.Split('/').Any(part => part is "" or "." or "..") || name.IndexOfAny(['\\', ':', '\0']) >= 0)
            throw new SpecException(path, $"must be a name in the data folder, as in \"tiles\" or \"tiles/small\"; got \"{name}\"");
    }

    // The framework unpacks by native code, but takes a file whose end with the checksum is missing. What it made is used where that checksum fits;
    // all else, and a file of several members, is for the reader that says what is wrong.
    private static byte[] Unpack(string path)
    {
        byte[] packed = File.ReadAllBytes(path);
        return UnpackChecked(packed) ?? UnpackStrictly(packed, path);
    }

    /// <summary>Unpacks a file of one member.</summary>
    /// <returns>Null where it is not one, or not sound.</returns>
    private static byte[]? UnpackChecked(byte[] packed)
    {
        // RFC 1952: the file ends with CRC-32 and length of what it holds.
        const int TrailerLength = 2 * sizeof(uint);
        const long LargestRatio = 1032; // of deflate: zlib, "Technical details"
        if (packed.Length < TrailerLength)
            return null;
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(packed.Length - TrailerLength));
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(packed.Length - sizeof(uint)));
        if (length > packed.Length * LargestRatio || length > Array.MaxLength)
            return null;
        try
        {
            byte[] content = new byte[length];
            using GZipStream unpacked = new(new MemoryStream(packed), CompressionMode.Decompress);
            if (unpacked.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length || unpacked.ReadByte() >= 0)
                return null;
            Crc32 crc = new();
            crc.Update(content);
            return crc.Value == checksum ? content : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[] UnpackStrictly(byte[] packed, string path)
    {
        try
        {
            using GZipInputStream unpacked = new(new MemoryStream(packed));
            using MemoryStream bytes = new();
            unpacked.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (Exception e) when (e is SharpZipBaseException or EndOfStreamException or IndexOutOfRangeException) // the last: damaged code lengths
        {
            throw new InvalidDataException($"{path}: is cut short or altered: {e.Message}", e);
        }
    }
}
