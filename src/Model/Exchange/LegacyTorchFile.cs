using System.Numerics;

namespace DdpmJobs.Model.Exchange;

/// <summary>A torch.save file as PyTorch wrote it before 1.6, or later on request: five pickles, then the storages in the order of the last.</summary>
/// <remarks>pytorch/pytorch, torch/serialization.py, _legacy_save: magic number, protocol, machine, object, keys; each storage is its element count as int64 and its elements.</remarks>
internal sealed class LegacyTorchFile : TorchStateDict
{
    private const long Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture); // 0x1950a86a20f9469cfc6c

    private readonly FileStream _stream;
    private readonly Dictionary<string, long> _places = new(StringComparer.Ordinal);

    public LegacyTorchFile(string path)
        : base(path)
    {
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);
        try
        {
            // Read what it is, and what it describes.
            PickleInput input = new(_stream, Damaged);
            if (PickleMachine.Read(input) is not BigInteger magic || magic != Magic)
                throw Damaged("it is a pickle, but not one of torch.save");
            if (PickleMachine.Read(input) is not Protocol)
                throw Damaged($"it is of another version of torch.save than {Protocol}");
            if (PickleMachine.Read(input) is not PickledDict machine || machine["little_endian"] is not true)
                throw Damaged("it was not written by a little-endian machine");
            Collect(PickleMachine.Read(input));
            if (PickleMachine.Read(input) is not List<object?> keys)
                throw Damaged("it has no list of its storages");

            // Find the storages.
            Dictionary<string, PickledStorage> used = Storages.ToDictionary(storage => storage.Key, StringComparer.Ordinal);
            foreach (object? key in keys)
                Place(input, key as string ?? throw Damaged("its list of storages has an entry that is no text"), used);
            if (_stream.Position != _stream.Length)
                throw Damaged($"it holds {_stream.Length - _stream.Position} bytes behind its last storage");
            if (used.Keys.FirstOrDefault(key => !_places.ContainsKey(key)) is string lost)
                throw Damaged($"it holds no storage {Shown(lost)}, which a tensor needs");
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override byte[] ReadStorage(PickledStorage storage)
    {
        byte[] bytes = new byte[storage.Bytes];
        _stream.Position = _places[storage.Key];
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _stream.Dispose();

    private void Place(PickleInput input, string key, Dictionary<string, PickledStorage> used)
    {
        // The length of a storage follows from its type, which only a tensor that uses it tells.
        if (!used.TryGetValue(key, out PickledStorage? storage))
            throw Damaged($"storage {Shown(key)} belongs to no tensor, so its length is unknown");
        if (_stream.Length - _stream.Position < sizeof(long))
            throw Damaged($"it ends after {_stream.Length} bytes, before the elements of {UserOf(storage)}");
        long count = input.Int64();
        if (count != storage.Count)
            throw Damaged($"the storage of {UserOf(storage)} has {count} elements instead of {storage.Count}");
        if (_stream.Length - _stream.Position < storage.Bytes)
            throw Damaged($"it ends after {_stream.Length} bytes, within the {storage.Bytes} bytes of {UserOf(storage)}");
        if (!_places.TryAdd(key, _stream.Position))
            throw Damaged($"it holds storage {Shown(key)} twice");
        _stream.Position += storage.Bytes;
    }
}
