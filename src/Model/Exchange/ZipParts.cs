using System.IO.Compression;
using ICSharpCode.SharpZipLib.Checksum;

namespace DdpmJobs.Model.Exchange;

/// <summary>The parts of a zip archive that another program wrote, each unpacked only as far as it was announced, and checked.</summary>
internal sealed class ZipParts : IDisposable
{
    private const long SmallPart = 1 << 20;

    private readonly string _path;
    private readonly double _largestRatio;
    private readonly ZipArchive _zip;

    /// <summary>Opens an archive.</summary>
    /// <param name="path">The file, which begins as an archive.</param>
    /// <param name="largestRatio">How many times longer than packed a part of more than a megabyte may be: what unfolds to much more than the format has reason for was made to fill the memory.</param>
    /// <exception cref="InvalidDataException">It is cut or altered.</exception>
    public ZipParts(string path, double largestRatio)
    {
        (_path, _largestRatio) = (path, largestRatio);
        ZipArchive? zip = null;
        try
        {
            // The list of its parts is read when it is first asked for.
            zip = ZipFile.OpenRead(path);
            _ = zip.Entries.Count;
            _zip = zip;
        }
        catch (Exception error) when (IsOfDamage(error))
        {
            zip?.Dispose();
            throw Damaged($"it begins as a zip archive, but is cut or altered ({StateDict.Shown(error.Message.TrimEnd('.'))})");
        }
    }

    /// <summary>The parts.</summary>
    public IReadOnlyCollection<ZipArchiveEntry> Entries => _zip.Entries;

    /// <summary>The part of a name; null where there is none.</summary>
    public ZipArchiveEntry? Find(string name) => _zip.GetEntry(name);

    /// <summary>Unpacks a part.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <exception cref="InvalidDataException">It is longer, shorter than it claims, or does not match its checksum.</exception>
    public byte[] Unpack(ZipArchiveEntry entry, long most)
    {
        if (entry.Length > most || entry.Length > Array.MaxLength || entry.Length > SmallPart + _largestRatio * entry.CompressedLength)
            throw Damaged($"its part {StateDict.Shown(entry.FullName)} claims {entry.Length} bytes in {entry.CompressedLength}");
        byte[] bytes = new byte[entry.Length];
        try
        {
            using Stream stream = entry.Open();
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length || stream.ReadByte() >= 0)
                throw Damaged($"its part {StateDict.Shown(entry.FullName)} has not the {entry.Length} bytes that it claims");
        }
        catch (Exception error) when (IsOfDamage(error) && !error.Message.StartsWith(_path, StringComparison.Ordinal))
        {
            throw Damaged($"its part {StateDict.Shown(entry.FullName)} is altered ({StateDict.Shown(error.Message.TrimEnd('.'))})");
        }

        Crc32 sum = new();
        sum.Update(bytes);
        return (uint)sum.Value == entry.Crc32 ? bytes : throw Damaged($"its part {StateDict.Shown(entry.FullName)} was altered: its checksum is {sum.Value:x8} instead of {entry.Crc32:x8}");
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

    // What the framework throws at archives that are none.
    private static bool IsOfDamage(Exception error) =>
        error is InvalidDataException or EndOfStreamException or ArgumentException or OverflowException or NotSupportedException or IndexOutOfRangeException
        || (error is IOException && error is not (FileNotFoundException or DirectoryNotFoundException));

    private InvalidDataException Damaged(string what) => new($"{_path} cannot be used: {what}.");
}
