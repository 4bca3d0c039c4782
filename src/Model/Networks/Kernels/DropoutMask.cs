using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The dropout mask of one layer at one step, made piece by piece where it is used.</summary>
/// <remarks>
/// An element has 16 random bits, eight elements a block of the stream, in the order (row of the batch, y, x, channel). It is dropped where they are below the threshold.
/// The probability is so met to 2^-17; the scale is that of the probability used, so that the mean is exact.
/// </remarks>
internal readonly unsafe struct DropoutMask
{
    /// <summary>Elements of one block of the stream.</summary>
    public const int PerBlock = 8;

    private const int Levels = 1 << 16;

    /// <param name="stream">The bits of this layer at this step.</param>
    /// <param name="rate">Probability of dropping an element, in [0, 1).</param>
    /// <param name="firstRow">The row of the whole batch that is the first here.</param>
    public DropoutMask(RandomStream stream, double rate, long firstRow)
    {
        Stream = stream;
        FirstRow = firstRow;
        Threshold = (int)Math.Round(rate * Levels);
        Scale = (float)Levels / (Levels - Threshold);
    }

    /// <summary>The bits, eight elements a block.</summary>
    public RandomStream Stream { get; }

    /// <summary>The row of the whole batch that is the first here: elements are counted from the first of the whole batch.</summary>
    public long FirstRow { get; }

    /// <summary>An element whose 16 bits are below it is dropped; 0 drops none.</summary>
    public int Threshold { get; }

    /// <summary>What an element that is kept is multiplied by.</summary>
    public float Scale { get; }

    /// <summary>Room for the bits of consecutive elements, with those that share the first and the last block.</summary>
    /// <param name="count">The elements.</param>
    public static int RoomFor(int count) => count + 2 * PerBlock;

    /// <summary>Multiplies consecutive elements by 0 or by <see cref="Scale"/>, in place.</summary>
    /// <param name="firstElement">The first.</param>
    /// <param name="values">The elements.</param>
    /// <param name="count">How many; a multiple of 16.</param>
    /// <param name="draws">Room for their bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Drop<TLanes>(long firstElement, float* values, int count, Span<ushort> draws)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes scale = TLanes.Of(Scale);
        fixed (ushort* drawn = Draw(firstElement, count, draws))
        {
            for (int i = 0; i < count; i += TLanes.Count)
                (TLanes.Load(values + i) * scale.WhereAtLeast(drawn + i, Threshold)).Store(values + i);
        }
    }

    /// <summary>The mask itself, 0 or <see cref="Scale"/> an element.</summary>
    /// <param name="firstElement">The first element.</param>
    /// <param name="mask">Takes them.</param>
    public void Fill(long firstElement, Span<float> mask)
    {
        const int Chunk = 4096;
        Span<ushort> draws = stackalloc ushort[RoomFor(Chunk)];
        for (int done = 0; done < mask.Length; done += Chunk)
        {
            Span<float> chunk = mask[done..Math.Min(done + Chunk, mask.Length)];
            ReadOnlySpan<ushort> drawn = Draw(firstElement + done, chunk.Length, draws);
            for (int i = 0; i < chunk.Length; i++)
                chunk[i] = drawn[i] < Threshold ? 0 : Scale;
        }
    }

    private ReadOnlySpan<ushort> Draw(long firstElement, int count, Span<ushort> draws)
    {
        (long block, long skipped) = Math.DivRem(firstElement, PerBlock);
        int drawn = ((int)skipped + count + PerBlock - 1) / PerBlock * PerBlock;
        Stream.FillUInt32(MemoryMarshal.Cast<ushort, uint>(draws[..drawn]), checked((uint)block));
        return draws.Slice((int)skipped, count);
    }
}
