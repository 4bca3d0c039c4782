using System.IO.Compression;
using System.Text;

namespace DdpmJobs.Model.Exchange;

/// <summary>A torch.save file as PyTorch writes it since 1.6: a zip archive of one folder with <c>data.pkl</c> and each storage as a file <c>data/KEY</c>.</summary>
/// <remarks>pytorch/pytorch, torch/serialization.py, _save, and caffe2/serialize/inline_container.h.</remarks>
internal sealed class TorchArchive : TorchStateDict
{
    private const long LongestPickle = 1 << 28; // far more than any list of tensors: a U-Net's has some 50 KB

    private const double LargestRatio = 20; // torch.save does not pack, and numbers pack badly

    private readonly ZipParts _zip;
    private readonly string _folder;

    public TorchArchive(string path)
        : base(path)
    {
        _zip = new ZipParts(path, LargestRatio);
        try
        {
            // Find the description of the tensors, and read it.
            ZipArchiveEntry[] descriptions = [.. _zip.Entries.Where(entry => entry.FullName == "data.pkl" || entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))];
            if (descriptions.Length != 1)
                throw Damaged($"it is a zip archive with {descriptions.Length} files data.pkl; torch.save writes one");
            _folder = descriptions[0].FullName[..^"data.pkl".Length];
            if (_zip.Find($"{_folder}byteorder") is ZipArchiveEntry order && Encoding.ASCII.GetString(_zip.Unpack(order, LongestPickle)) != "little")
                throw Damaged("it was not written by a little-endian machine");
            if (_zip.Find($"{_folder}constants.pkl") is not null)
                throw Damaged("it is a TorchScript program; save the state dict alone, as in torch.save(model.state_dict(), path)");
            byte[] pickle = _zip.Unpack(descriptions[0], LongestPickle);
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
    protected override byte[] ReadStorage(PickledStorage storage) => _zip.Unpack(Entry(storage), storage.Bytes);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _zip.Dispose();

    private ZipArchiveEntry Entry(PickledStorage storage) =>
        _zip.Find($"{_folder}data/{storage.Key}") ?? throw Damaged($"it holds no storage {Shown(storage.Key)}, which {UserOf(storage)} needs");
}
