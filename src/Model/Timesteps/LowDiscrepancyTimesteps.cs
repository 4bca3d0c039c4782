using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Timesteps;

/// <summary>A grid over all of time, shifted at random: each t is as likely as the others, and every batch covers time evenly.</summary>
[Kind("low_discrepancy", Summary = "an even grid over time with a random shift, for less noise in the loss", Source = "Kingma et al. 2021 (arXiv:2107.00630), low-discrepancy sampler")]
public sealed record LowDiscrepancyTimesteps : TimestepSampler
{
    /// <inheritdoc/>
    public override (long[] T, float[] Weights) Draw(int timesteps, int batchSize, long seed, long step, LossHistory? history)
    {
        double[] shift = new double[1];
        new RandomStream(seed, RandomPurpose.Timestep, step).FillUniform(shift);
        long[] t = new long[batchSize];
        for (int row = 0; row < batchSize; row++)
        {
            // The sum of both can round up to a whole number, and the product to T.
            double u = (shift[0] + (double)row / batchSize) % 1;
            t[row] = Math.Min((long)(u * timesteps), timesteps - 1);
        }

        return (t, EqualWeights(batchSize));
    }
}
