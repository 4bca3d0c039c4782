using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Timesteps;

/// <summary>Pairs t and T-1-t: each t is as likely as the other, and every batch has as much noise as signal.</summary>
/// <remarks>The first half of the batch is drawn and the second mirrors it; of an odd batch the first half has one more, and loses its last mirror image. The authors draw one more and mirror one less.</remarks>
[Kind("antithetic", Summary = "pairs t and T-1-t, for less noise in the loss", Source = "ermongroup/ddim, runners/diffusion.py")]
public sealed record AntitheticTimesteps : TimestepSampler
{
    /// <inheritdoc/>
    public override (long[] T, float[] Weights) Draw(int timesteps, int batchSize, long seed, long step, LossHistory? history)
    {
        RandomStream stream = new(seed, RandomPurpose.Timestep, step);
        long[] t = new long[batchSize];
        int drawn = (batchSize + 1) / 2;
        for (int row = 0; row < batchSize; row++)
            t[row] = row < drawn ? stream.Below(row, (ulong)timesteps) : timesteps - 1 - t[row - drawn];
        return (t, EqualWeights(batchSize));
    }
}
