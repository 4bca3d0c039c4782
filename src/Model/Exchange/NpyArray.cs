using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace DdpmJobs.Model.Exchange;

/// <summary>An array of floating-point numbers in NumPy's format: a magic word, a description as a Python literal, then plain numbers.</summary>
/// <param name="Shape">Its extents.</param>
/// <param name="Values">Its elements, row-major.</param>
/// <remarks>numpy/numpy, numpy/lib/format.py, versions 1.0 to 3.0.</remarks>
internal sealed partial record NpyArray(IReadOnlyList<int> Shape, double[] Values)
{
    /// <summary>The most bytes before the numbers that are read; NumPy itself writes 128.</summary>
    public const int LongestHeader = 1 << 16;

    private const int Alignment = 64;

    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="FormatException">They are no such array, or of another type than float32 and float64; the message is the end of a sentence about it.</exception>
    public static NpyArray Parse(ReadOnlySpan<byte> bytes)
    {
        // Find the description: its length takes two bytes in version 1, four since.
        if (bytes.Length < 10 || !bytes.StartsWith(Magic))
            throw new FormatException("does not begin as a NumPy array");
        int version = bytes[6];
        if (version is < 1 or > 3)
            throw new FormatException($"has version {version}.{bytes[7]} of the format; known are 1.0 to 3.0");
        int begin = version == 1 ? 10 : 12;
        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) : bytes.Length < begin ? long.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > bytes.Length - begin || length > LongestHeader)
            throw new FormatException($"claims a description of {length} bytes in {bytes.Length}");
        string text = Encoding.UTF8.GetString(bytes.Slice(begin, (int)length));

        // Read it.
        Match type = Type().Match(text), order = Order().Match(text), shape = Extents().Match(text);
        if (!type.Success || !order.Success || !shape.Success)
            throw new FormatException($"has the description {StateDict.Shown(text.Trim())}");
        int size = type.Groups[1].Value switch
        {
            "<f4" => sizeof(float),
            "<f8" => sizeof(double),
            string other => throw new FormatException($"has the type {StateDict.Shown(other)}; known are <f4 and <f8"),
        };
        int[] extents = [.. shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Extent)];
        long count = extents.Aggregate(1L, (product, extent) => Math.Min(product * extent, int.MaxValue));
        ReadOnlySpan<byte> data = bytes[(begin + (int)length)..];
        if (data.Length != count * size)
            throw new FormatException($"has {data.Length} bytes of numbers instead of {count * size} for the shape ({string.Join(", ", extents)})");

        // Take the numbers, and turn them over where the first index is the fastest.
        double[] values = new double[count];
        if (size == sizeof(double))
            data.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        else
            for (int i = 0; i < values.Length; i++)
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(data[(i * size)..]);
        return new NpyArray(extents, order.Groups[1].Value == "True" ? FromColumns(extents, values) : values);
    }

    /// <summary>Writes version 1.0, float64, as NumPy does.</summary>
    public void Write(Stream stream)
    {
        string shape = Shape.Count == 1 ? $"({Shape[0]},)" : $"({string.Join(", ", Shape)})";
        string text = $"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}";
        int padding = Alignment - (10 + text.Length + 1) % Alignment;
        byte[] description = Encoding.ASCII.GetBytes($"{text}{new string(' ', padding % Alignment)}\n");
        stream.Write([.. Magic, 1, 0, (byte)description.Length, (byte)(description.Length >> 8)]);
        stream.Write(description);
        stream.Write(MemoryMarshal.AsBytes(Values.AsSpan()));
    }

    private static int Extent(string word) => int.TryParse(word.TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out int extent)
        ? extent : throw new FormatException($"has the extent {StateDict.Shown(word)}");

    // Element (i0, i1, …) stands at i0 + n0 (i1 + n1 (…)).
    private static double[] FromColumns(int[] extents, double[] columns)
    {
        double[] rows = new double[columns.Length];
        int[] index = new int[extents.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int place = 0;
            for (int axis = extents.Length - 1; axis >= 0; axis--)
                place = place * extents[axis] + index[axis];
            rows[i] = columns[place];
            for (int axis = extents.Length - 1; axis >= 0 && ++index[axis] == extents[axis]; axis--)
                index[axis] = 0;
        }

        return rows;
    }

    [GeneratedRegex("""'descr'\s*:\s*'([^']*)'""")]
    private static partial Regex Type();

    [GeneratedRegex("""'fortran_order'\s*:\s*(True|False)\b""")]
    private static partial Regex Order();

    [GeneratedRegex("""'shape'\s*:\s*\(([^()]*)\)""")]
    private static partial Regex Extents();
}
