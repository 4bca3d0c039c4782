using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Randomness;

/// <summary>A stream of random numbers that is a pure function of (seed, purpose, index, part): it has no state, so a number is the same whoever asks, in whatever order.</summary>
/// <remarks>
/// The numbers are Philox4x32-10 blocks. Key: the seed's 64 bits. Counter, from the lowest word: block position (32 bits), part (32), index (56), purpose (8).
/// The four are laid side by side and never mixed, so two streams of one seed cannot overlap. Every filling method starts at the front of the stream.
/// Integers and uniforms are the same on every machine; normals use the platform's log, sin and cos, which may differ in the last bit of a double
/// and so, rarely, in the last bit of the float.
/// </remarks>
public readonly struct RandomStream
{
    private const double TwoToMinus53 = 1.0 / (1UL << 53);
    private const int PurposeShift = 24;

    private readonly uint _key0;
    private readonly uint _key1;
    private readonly uint _counter1;
    private readonly uint _counter2;
    private readonly uint _counter3;

    /// <summary>Addresses a stream.</summary>
    /// <param name="seed">The root of all randomness of a run.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="index">Training step, image or whatever the purpose counts, 0 to 2^56 - 1.</param>
    /// <param name="part">A part of it, as a row of the batch or a sampling step, 0 to 2^32 - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Index or part has no place in the counter.</exception>
    public RandomStream(long seed, RandomPurpose purpose, long index, long part = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)index, (1UL << 56) - 1, nameof(index));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)part, uint.MaxValue, nameof(part));
        (_key0, _key1) = ((uint)seed, (uint)(seed >> 32));
        (_counter1, _counter2, _counter3) = ((uint)part, (uint)index, (uint)(index >> 32) | ((uint)purpose << PurposeShift));
    }

    /// <summary>The 64-bit word at a position of the stream.</summary>
    /// <param name="position">Zero-based, below 2^33.</param>
    public ulong UInt64(long position)
    {
        (ulong low, ulong high) = Pair(checked((uint)(position >> 1)));
        return (position & 1) == 0 ? low : high;
    }

    /// <summary>Key and the upper three words of the counter, which are the same for every block of the stream.</summary>
    internal (uint Key0, uint Key1, uint Counter1, uint Counter2, uint Counter3) Address => (_key0, _key1, _counter1, _counter2, _counter3);

    /// <summary>Fills with the stream's 32-bit words.</summary>
    public void FillUInt32(Span<uint> words) => FillUInt32(words, 0);

    /// <summary>Fills with the stream's 32-bit words from a place on.</summary>
    /// <param name="words">Takes them.</param>
    /// <param name="firstBlock">The first word's place, divided by four.</param>
    internal void FillUInt32(Span<uint> words, uint firstBlock)
    {
        for (int i = PhiloxLanes.Fill(words, firstBlock, _counter1, _counter2, _counter3, _key0, _key1); i < words.Length; i += 4)
        {
            (uint w0, uint w1, uint w2, uint w3) = Philox.Block(firstBlock + (uint)(i >> 2), _counter1, _counter2, _counter3, _key0, _key1);
            words[i] = w0;
            if (i + 1 < words.Length)
                words[i + 1] = w1;
            if (i + 2 < words.Length)
                words[i + 2] = w2;
            if (i + 3 < words.Length)
                words[i + 3] = w3;
        }
    }

    /// <summary>Fills with uniform numbers in [0, 1), each with 53 random bits.</summary>
    /// <param name="numbers">Filled.</param>
    /// <param name="firstBlock">Blocks of two numbers to leave out at the front.</param>
    /// <exception cref="OverflowException">There are no such blocks.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void FillUniform(Span<double> numbers, uint firstBlock = 0)
    {
        _ = checked(firstBlock + (uint)(Math.Max(numbers.Length - 1, 0) >> 1));
        Span<ulong> words = MemoryMarshal.Cast<double, ulong>(numbers);
        FillUInt32(MemoryMarshal.Cast<ulong, uint>(words), firstBlock);
        for (int i = 0; i < words.Length; i++)
            numbers[i] = Unit(words[i]);
    }

    /// <summary>Fills with standard normal numbers; the largest possible is 8.6.</summary>
    /// <remarks>Box and Muller 1958, in double precision, rounded to float.</remarks>
    public void FillNormal(Span<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i += 2)
        {
            (ulong low, ulong high) = Pair((uint)(i >> 1));
            // 1 - u lies in (0, 1], so that the logarithm is finite.
            double radius = Math.Sqrt(-2 * Math.Log(1 - Unit(low)));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * Unit(high));
            numbers[i] = (float)(radius * cos);
            if (i + 1 < numbers.Length)
                numbers[i + 1] = (float)(radius * sin);
        }
    }

    /// <summary>A random order of 0..count-1.</summary>
    /// <remarks>Fisher and Yates, from the back. A place is the high half of a 64 x 64-bit product: the bias is below count / 2^64.</remarks>
    public int[] Permutation(int count)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            int j = (int)Below(i, (ulong)i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    /// <summary>A whole number below a bound, each equally likely to within bound / 2^64.</summary>
    /// <param name="position">Which 64-bit word of the stream decides.</param>
    /// <param name="bound">At least 1.</param>
    public long Below(long position, ulong bound) => (long)Math.BigMul(UInt64(position), bound, out _);

    private (ulong Low, ulong High) Pair(uint block)
    {
        (uint w0, uint w1, uint w2, uint w3) = Philox.Block(block, _counter1, _counter2, _counter3, _key0, _key1);
        return (w0 | ((ulong)w1 << 32), w2 | ((ulong)w3 << 32));
    }

    // The number is signed, which processors convert at once.
    private static double Unit(ulong word) => (long)(word >> 11) * TwoToMinus53;
}
