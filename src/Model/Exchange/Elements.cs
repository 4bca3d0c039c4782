using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Exchange;

/// <summary>Turns little-endian bytes of any element type into float32.</summary>
internal static class Elements
{
    /// <summary>Converts every element; float64 and wide integers are rounded to the nearest float32.</summary>
    public static float[] ToFloats(SafetensorType type, ReadOnlySpan<byte> bytes)
    {
        int size = Safetensors.SizeOf(type);
        float[] values = new float[bytes.Length / size];
        if (type == SafetensorType.F32 && BitConverter.IsLittleEndian)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        for (int i = 0; i < values.Length; i++)
            values[i] = ToFloat(type, bytes.Slice(i * size, size));
        return values;
    }

    /// <summary>The little-endian bytes of float32 elements.</summary>
    public static byte[] ToBytes(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private static float ToFloat(SafetensorType type, ReadOnlySpan<byte> element) => type switch
    {
        SafetensorType.BOOL => element[0] == 0 ? 0 : 1,
        SafetensorType.U8 => element[0],
        SafetensorType.I8 => (sbyte)element[0],
        SafetensorType.I16 => BinaryPrimitives.ReadInt16LittleEndian(element),
        SafetensorType.I32 => BinaryPrimitives.ReadInt32LittleEndian(element),
        SafetensorType.I64 => BinaryPrimitives.ReadInt64LittleEndian(element),
        SafetensorType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(element),
        SafetensorType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
        SafetensorType.F32 => BinaryPrimitives.ReadSingleLittleEndian(element),
        SafetensorType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
