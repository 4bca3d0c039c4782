using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Timesteps;

/// <summary>Every t is equally likely.</summary>
[Kind("uniform", Summary = "every t is equally likely", Source = "Ho et al. 2020 (arXiv:2006.11239), algorithm 1")]
public sealed record UniformTimesteps : TimestepSampler
{
    /// <inheritdoc/>
    public override (long[] T, float[] Weights) Draw(int timesteps, int batchSize, long seed, long step, LossHistory? history)
    {
        RandomStream stream = new(seed, RandomPurpose.Timestep, step);
        long[] t = new long[batchSize];
        for (int row = 0; row < batchSize; row++)
            t[row] = stream.Below(row, (ulong)timesteps);
        return (t, EqualWeights(batchSize));
    }
}
