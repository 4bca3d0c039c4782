using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Training;

/// <summary>Which images the batches hold: every epoch visits each image once, in its own order, and batches run across the ends of epochs. Any thread may ask.</summary>
/// <param name="seed">The root of the randomness.</param>
/// <param name="count">Number of images.</param>
/// <param name="batchSize">Images of a batch.</param>
internal sealed class EpochOrder(long seed, int count, int batchSize)
{
    // The order of the epoch that was asked for last, in one piece: the thread that draws ahead and the one that trains may both ask.
    private readonly Lock _lock = new();
    private (long Epoch, int[] Images)? _order;

    /// <summary>Zero-based indices of the images of a step.</summary>
    /// <param name="step">Zero-based.</param>
    public int[] Indices(long step)
    {
        int[] indices = new int[batchSize];
        for (int row = 0; row < batchSize; row++)
        {
            (long epoch, long place) = Math.DivRem(step * batchSize + row, count);
            indices[row] = OrderOf(epoch)[place];
        }

        return indices;
    }

    private int[] OrderOf(long epoch)
    {
        lock (_lock)
        {
            if (_order?.Epoch != epoch)
                _order = (epoch, new RandomStream(seed, RandomPurpose.DataOrder, epoch).Permutation(count));
            return _order.Value.Images;
        }
    }
}
