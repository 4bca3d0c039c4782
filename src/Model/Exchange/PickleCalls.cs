using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Exchange;

/// <summary>The names and calls that state dicts consist of, each written out as what it means; there is no way to any other.</summary>
internal static class PickleCalls
{
    private enum Name
    {
        OrderedDict,
        RebuildTensor,
        RebuildTensorV2,
        RebuildParameter,
        Size,
    }

    private static readonly Dictionary<string, Name> Names = new(StringComparer.Ordinal)
    {
        ["collections.OrderedDict"] = Name.OrderedDict,
        ["torch._utils._rebuild_tensor"] = Name.RebuildTensor,
        ["torch._utils._rebuild_tensor_v2"] = Name.RebuildTensorV2,
        ["torch._utils._rebuild_parameter"] = Name.RebuildParameter,
        ["torch.Size"] = Name.Size,
    };

    private static readonly Dictionary<string, SafetensorType> StorageTypes = new(StringComparer.Ordinal)
    {
        ["torch.BoolStorage"] = SafetensorType.BOOL,
        ["torch.ByteStorage"] = SafetensorType.U8,
        ["torch.CharStorage"] = SafetensorType.I8,
        ["torch.ShortStorage"] = SafetensorType.I16,
        ["torch.IntStorage"] = SafetensorType.I32,
        ["torch.LongStorage"] = SafetensorType.I64,
        ["torch.HalfStorage"] = SafetensorType.F16,
        ["torch.BFloat16Storage"] = SafetensorType.BF16,
        ["torch.FloatStorage"] = SafetensorType.F32,
        ["torch.DoubleStorage"] = SafetensorType.F64,
    };

    /// <summary>Finds what a name stands for.</summary>
    /// <exception cref="InvalidDataException">It stands for nothing that a state dict needs.</exception>
    public static object Find(PickleInput input, string module, string name)
    {
        string full = $"{module}.{name}";
        return Names.TryGetValue(full, out Name known) ? known
            : StorageTypes.TryGetValue(full, out SafetensorType type) ? type
            : throw input.Damaged($"it asks for {StateDict.Shown(full)}, which is no part of a tensor; nothing of it was run. Save only the state dict, as in torch.save(model.state_dict(), path)");
    }

    /// <summary>Does what a call means.</summary>
    public static object? Call(PickleInput input, object? function, object? arguments) => (function, arguments) switch
    {
        (Name.OrderedDict, object?[] { Length: 0 }) => new PickledDict(),
        (Name.OrderedDict, object?[] { Length: 1 } pairs) => Dict(input, pairs[0]),
        (Name.RebuildTensor, object?[] { Length: 4 } parts) => Tensor(input, parts),
        (Name.RebuildTensorV2, object?[] { Length: 6 or 7 } parts) => Tensor(input, parts),
        (Name.RebuildParameter, object?[] { Length: 3 or 4 } parts) when parts[0] is PickledTensor => parts[0],
        (Name.Size, object?[] { Length: 1 } parts) when parts[0] is object?[] or List<object?> => parts[0],
        (Name known, _) => throw input.Damaged($"it calls {known} with the wrong arguments"),
        _ => throw input.Damaged("it calls what is no function"),
    };

    /// <summary>Reads a reference to a storage: (<c>"storage"</c>, type, key, device, elements), in the older format with a view behind.</summary>
    public static PickledStorage Storage(PickleInput input, object? reference)
    {
        if (reference is not object?[] { Length: 5 or 6 } parts || parts[0] is not "storage" || parts[1] is not SafetensorType type
            || parts[2] is not string key || parts[4] is not long count || count < 0 || count > int.MaxValue)
        {
            throw input.Damaged("it refers to a storage in an unknown way");
        }

        if (parts.Length == 6 && parts[5] is not null)
            throw input.Damaged($"storage {StateDict.Shown(key)} is a view of another, as PyTorch before 0.4 wrote them; save it again with a newer PyTorch");
        PickledStorage storage = new(key, type, count);
        return storage.Bytes <= Array.MaxLength ? storage : throw input.Damaged($"storage {StateDict.Shown(key)} claims {storage.Bytes} bytes; {Array.MaxLength} can be read");
    }

    private static PickledDict Dict(PickleInput input, object? pairs)
    {
        PickledDict dict = new();
        foreach (object? pair in pairs as List<object?> ?? throw input.Damaged("it makes a dictionary of what is no list"))
        {
            IList<object?> entry = pair is IList<object?> { Count: 2 } two ? two : throw input.Damaged("it makes a dictionary of what are no pairs");
            dict.Add(input, entry[0], entry[1]);
        }

        return dict;
    }

    private static PickledTensor Tensor(PickleInput input, object?[] parts)
    {
        if (parts[0] is not PickledStorage storage || parts[1] is not long offset || Extents(parts[2]) is not long[] shape || Extents(parts[3]) is not long[] strides
            || offset < 0 || shape.Length != strides.Length)
        {
            throw input.Damaged("it describes a tensor in an unknown way");
        }

        // Check that every element lies in the storage, and that a small file cannot describe a huge tensor.
        string words = $"a tensor of shape [{string.Join(", ", shape.Take(8))}] and strides [{string.Join(", ", strides.Take(8))}] at {offset} of storage {StateDict.Shown(storage.Key)}, which has {storage.Count} elements";
        if (shape.Contains(0))
            return new PickledTensor(storage, 0, shape, strides);
        Int128 count = 1;
        Int128 last = offset;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            count *= shape[axis];
            last += (Int128)(shape[axis] - 1) * strides[axis];
            if (count > storage.Count)
                throw input.Damaged($"it describes {words}");
        }

        return last < storage.Count ? new PickledTensor(storage, offset, shape, strides) : throw input.Damaged($"it describes {words}");
    }

    private static long[]? Extents(object? value) =>
        value is object?[] { Length: <= 64 } values && values.All(extent => extent is long and >= 0) ? [.. values.Cast<long>()] : null;
}
