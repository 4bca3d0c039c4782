using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;

namespace DdpmJobs.Model.Exchange;

/// <summary>A torch.save file as PyTorch writes it since 1.6: a zip archive of one folder with <c>data.pkl</c> and each storage as a file <c>data/KEY</c>.</summary>
/// <remarks>pytorch/pytorch, torch/serialization.py, _save, and caffe2/serialize/inline_container.h.</remarks>
internal sealed class TorchArchive : TorchStateDict
{
    private const long LongestPickle = 1 << 28; // far more than any list of tensors: a U-Net's has some 50 KB

    private const long SmallPart = 1 << 20;
    private const long LargestRatio = 20;

    private readonly ZipArchive _zip;
    private readonly string _folder;

    public TorchArchive(string path)
        : base(path)
    {
        _zip = Archive(path);
        try
        {
            // Find the description of the tensors, and read it.
            ZipArchiveEntry[] descriptions = [.. _zip.Entries.Where(entry => entry.FullName == "data.pkl" || entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))];
            if (descriptions.Length != 1)
                throw Damaged($"it is a zip archive with {descriptions.Length} files data.pkl; torch.save writes one");
            _folder = descriptions[0].FullName[..^"data.pkl".Length];
            if (_zip.GetEntry($"{_folder}byteorder") is ZipArchiveEntry order && Encoding.ASCII.GetString(Unpack(order, LongestPickle)) != "little")
                throw Damaged("it was not written by a little-endian machine");
            if (_zip.GetEntry($"{_folder}constants.pkl") is not null)
                throw Damaged("it is a TorchScript program; save the state dict alone, as in torch.save(model.state_dict(), path)");
            byte[] pickle = Unpack(descriptions[0], LongestPickle);
            using MemoryStream stream = new(pickle);
            Collect(PickleMachine.Read(new PickleInput(stream, Damaged)));

            // Check that all storages are there; their bytes are checked when they are read.
            foreach (PickledStorage storage in Storages)
            {
                if (Entry(storage).Length != storage.Bytes)
                    throw Damaged($"the storage of {UserOf(storage)} has {Entry(storage).Length} bytes instead of {storage.Bytes}");
            }
        }
        catch
        {
            _zip.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override byte[] ReadStorage(PickledStorage storage) => Unpack(Entry(storage), storage.Bytes);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _zip.Dispose();

    private ZipArchiveEntry Entry(PickledStorage storage) =>
        _zip.GetEntry($"{_folder}data/{storage.Key}") ?? throw Damaged($"it holds no storage {Shown(storage.Key)}, which {UserOf(storage)} needs");

    private ZipArchive Archive(string path)
    {
        ZipArchive? zip = null;
        try
        {
            // The list of its parts is read when it is first asked for.
            zip = ZipFile.OpenRead(path);
            _ = zip.Entries.Count;
            return zip;
        }
        catch (Exception error) when (IsOfDamage(error))
        {
            zip?.Dispose();
            throw Damaged($"it begins as a zip archive, but is cut or altered ({StateDict.Shown(error.Message.TrimEnd('.'))})");
        }
    }

    // What the framework throws at archives that are none.
    private static bool IsOfDamage(Exception error) =>
        error is InvalidDataException or EndOfStreamException or ArgumentException or OverflowException or NotSupportedException or IndexOutOfRangeException
        || (error is IOException && error is not (FileNotFoundException or DirectoryNotFoundException));

    // No more is unpacked than was announced, and the checksum of the archive must hold.
    private byte[] Unpack(ZipArchiveEntry entry, long most)
    {
        // torch.save does not pack, and numbers pack badly: what unfolds to much more than it is was made to fill the memory.
        if (entry.Length > most || entry.Length > Array.MaxLength || entry.Length > SmallPart + LargestRatio * entry.CompressedLength)
            throw Damaged($"its part {Shown(entry.FullName)} claims {entry.Length} bytes in {entry.CompressedLength}");
        byte[] bytes = new byte[entry.Length];
        try
        {
            using Stream stream = entry.Open();
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length || stream.ReadByte() >= 0)
                throw Damaged($"its part {Shown(entry.FullName)} has not the {entry.Length} bytes that it claims");
        }
        catch (Exception error) when (IsOfDamage(error) && !error.Message.StartsWith(Path, StringComparison.Ordinal))
        {
            throw Damaged($"its part {Shown(entry.FullName)} is altered ({StateDict.Shown(error.Message.TrimEnd('.'))})");
        }

        Crc32 sum = new();
        sum.Update(bytes);
        return (uint)sum.Value == entry.Crc32 ? bytes : throw Damaged($"its part {Shown(entry.FullName)} was altered: its checksum is {sum.Value:x8} instead of {entry.Crc32:x8}");
    }
}
