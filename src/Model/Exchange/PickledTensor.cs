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

        // Walk the index like an odometer, the last extent fastest.
        byte[] gathered = new byte[count * size];
        long[] index = new long[Shape.Length];
        long from = Offset;
        for (long i = 0; i < count; i++)
        {
            storage.Slice((int)(from * size), size).CopyTo(gathered.AsSpan((int)(i * size)));
            for (int axis = Shape.Length - 1; axis >= 0; axis--)
            {
                from += Strides[axis];
                if (++index[axis] < Shape[axis])
                    break;
                from -= Strides[axis] * Shape[axis];
                index[axis] = 0;
            }
        }

        return gathered;
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
