using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Exchange;

/// <summary>A view of a storage, checked to lie within it.</summary>
/// <param name="Storage">The memory.</param>
/// <param name="Offset">Its first element.</param>
/// <param name="Shape">Its extents.</param>
/// <param name="Strides">Elements of the storage between neighbours, for each extent.</param>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Copies the elements out of the storage, row-major.</summary>
    /// <param name="storage">All bytes of the storage.</param>
    public byte[] Gather(ReadOnlySpan<byte> storage)
    {
        int size = Safetensors.SizeOf(Storage.Type);
        long count = Shape.Aggregate(1L, (product, extent) => product * extent);
        if (count == 0)
            return [];
        if (IsContiguous())
            return storage.Slice((int)(Offset * size), (int)(count * size)).ToArray();

        byte[] gathered = new byte[count * size];
        long i = 0;
        foreach (long place in Places(count))
            storage.Slice((int)(place * size), size).CopyTo(gathered.AsSpan((int)(i++ * size)));
        return gathered;
    }

    /// <summary>Lays elements out as they lie in a storage that this view fills.</summary>
    /// <param name="elements">All bytes of the tensor, row-major.</param>
    public byte[] Scatter(byte[] elements)
    {
        if (IsContiguous())
            return elements;
        int size = Safetensors.SizeOf(Storage.Type);
        byte[] storage = new byte[elements.Length];
        long i = 0;
        foreach (long place in Places(elements.Length / size))
            elements.AsSpan((int)(i++ * size), size).CopyTo(storage.AsSpan((int)(place * size)));
        return storage;
    }

    // Where the elements lie, row-major: the index is walked like an odometer, the last extent fastest.
    private IEnumerable<long> Places(long count)
    {
        long[] index = new long[Shape.Length];
        long place = Offset;
        for (long i = 0; i < count; i++)
        {
            yield return place;
            for (int axis = Shape.Length - 1; axis >= 0; axis--)
            {
                place += Strides[axis];
                if (++index[axis] < Shape[axis])
                    break;
                place -= Strides[axis] * Shape[axis];
                index[axis] = 0;
            }
        }
    }

    private bool IsContiguous()
    {
        long expected = 1;
        for (int axis = Shape.Length - 1; axis >= 0; axis--)
        {
            if (Shape[axis] != 1 && Strides[axis] != expected)
                return false;
            expected *= Shape[axis];
        }

        return true;
    }
}
