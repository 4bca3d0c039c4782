using System.Buffers.Binary;
using System.Text;

namespace DdpmJobs.Model.Exchange;

/// <summary>The bytes of pickles, read forward; nothing is read or reserved beyond the end.</summary>
/// <param name="stream">Seekable; it stays open.</param>
/// <param name="damaged">Makes the exception that names the file.</param>
internal sealed class PickleInput(Stream stream, Func<string, InvalidDataException> damaged)
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Bytes from the start.</summary>
    public long Position => stream.Position;

    /// <summary>Makes the exception that names the file.</summary>
    public InvalidDataException Damaged(string what) => damaged(what);

    /// <summary>Reads one byte.</summary>
    public byte Byte()
    {
        int value = stream.ReadByte();
        return value >= 0 ? (byte)value : throw Cut();
    }

    /// <summary>Reads an unsigned 16-bit number.</summary>
    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(sizeof(ushort)));

    /// <summary>Reads a signed 32-bit number.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(sizeof(int)));

    /// <summary>Reads an unsigned 32-bit number.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint)));

    /// <summary>Reads a signed 64-bit number.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(sizeof(long)));

    /// <summary>Reads a big-endian 64-bit float.</summary>
    public double DoubleBigEndian() => BinaryPrimitives.ReadDoubleBigEndian(Bytes(sizeof(double)));

    /// <summary>Reads text of a known length in bytes.</summary>
    public string Text(long length)
    {
        try
        {
            return Utf8.GetString(Bytes(length));
        }
        catch (DecoderFallbackException)
        {
            throw Damaged($"the text at byte {Position - length} is not UTF-8");
        }
    }

    /// <summary>Reads text to the end of the line.</summary>
    public string Line()
    {
        const int Longest = 1000;
        StringBuilder line = new();
        for (byte value = Byte(); value != '\n'; value = Byte())
        {
            if (line.Length == Longest)
                throw Damaged($"the name at byte {Position} does not end");
            line.Append((char)value);
        }

        return line.ToString();
    }

    /// <summary>Reads bytes.</summary>
    public byte[] Bytes(long length)
    {
        if (length < 0 || length > stream.Length - stream.Position)
            throw Cut();
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private InvalidDataException Cut() => Damaged($"it ends after {stream.Length} bytes, within its description of the tensors");
}
