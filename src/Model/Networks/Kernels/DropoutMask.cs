using System.Runtime.InteropServices;
using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Networks.Kernels;

/// <summary>The dropout mask of one layer at one step, made piece by piece where it is used.</summary>
/// <remarks>
/// An element has 16 random bits, eight elements a block of the stream, in the order (row of the batch, y, x, channel). It is dropped where they are below the threshold.
/// The probability is so met to 2^-17; the scale is that of the probability used, so that the mean is exact.
/// </remarks>
internal readonly struct DropoutMask
{
    /// <summary>Elements of one block of the stream.</summary>
    public const int PerBlock = 8;

    private const int Levels = 1 << 16;
    private readonly RandomStream _stream;

    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="layer">Index of the dropout layer in its network.</param>
    /// <param name="rate">Probability of dropping an element, in [0, 1).</param>
    public DropoutMask(long seed, long step, int layer, double rate)
    {
        _stream = new RandomStream(seed, RandomPurpose.Dropout, step, layer);
        Threshold = (int)Math.Round(rate * Levels);
        Scale = (float)Levels / (Levels - Threshold);
    }

    /// <summary>An element whose 16 bits are below it is dropped; 0 drops none.</summary>
    public int Threshold { get; }

    /// <summary>What an element that is kept is multiplied by.</summary>
    public float Scale { get; }

    /// <summary>Draws the 16 bits of consecutive elements.</summary>
    /// <param name="firstBlock">The first element, divided by <see cref="PerBlock"/>.</param>
    /// <param name="draws">Takes them; its length is a multiple of <see cref="PerBlock"/>.</param>
    public void Draw(uint firstBlock, Span<ushort> draws) => _stream.FillUInt32(MemoryMarshal.Cast<ushort, uint>(draws), firstBlock);

    /// <summary>The mask itself, 0 or <see cref="Scale"/> an element.</summary>
    /// <param name="firstElement">The first element.</param>
    /// <param name="mask">Takes them.</param>
    public void Fill(long firstElement, Span<float> mask)
    {
        const int Chunk = 4096;
        Span<ushort> draws = stackalloc ushort[Chunk + PerBlock];
        for (int done = 0; done < mask.Length;)
        {
            long element = firstElement + done;
            int skipped = (int)(element % PerBlock);
            int count = Math.Min(Chunk, mask.Length - done);
            Span<ushort> drawn = draws[..((skipped + count + PerBlock - 1) / PerBlock * PerBlock)];
            Draw(checked((uint)(element / PerBlock)), drawn);
            for (int i = 0; i < count; i++)
                mask[done + i] = drawn[skipped + i] < Threshold ? 0 : Scale;
            done += count;
        }
    }
}
