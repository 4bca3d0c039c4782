using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Timesteps;

/// <summary>t is drawn in proportion to the root mean square of its last losses, for less noise in the gradient of the bound; uniformly until every t has them.</summary>
/// <remarks>At T = 4000 with 10 losses each that takes at least 40,000 images. A small uniform share keeps every t alive.</remarks>
[Kind("importance", Summary = "t in proportion to its last losses' root mean square", Source = "Nichol and Dhariwal 2021 (arXiv:2102.09672), eq. 18; openai/improved-diffusion, resample.py")]
public sealed record ImportanceTimesteps : TimestepSampler
{
    /// <summary>Losses kept for each timestep.</summary>
    [Description("losses kept for each timestep")]
    [Range(1, 1000)]
    public int History { get; init; } = 10; // Nichol and Dhariwal 2021, section 3.3

    /// <summary>The share of the draws that stays uniform.</summary>
    [Description("share of the draws that stays uniform")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double UniformShare { get; init; } = 0.001; // openai/improved-diffusion, resample.py

    /// <inheritdoc/>
    public override int LossesPerTimestep => History;

    /// <inheritdoc/>
    public override (long[] T, float[] Weights) Draw(int timesteps, int batchSize, long seed, long step, LossHistory? history)
    {
        ArgumentNullException.ThrowIfNull(history);
        double[] probabilities = Probabilities(history);
        double[] cumulative = new double[timesteps];
        double sum = 0;
        for (int t = 0; t < timesteps; t++)
            cumulative[t] = sum += probabilities[t];

        // Invert the distribution function at one uniform number a row.
        double[] uniform = new double[batchSize];
        new RandomStream(seed, RandomPurpose.Timestep, step).FillUniform(uniform);
        long[] drawn = new long[batchSize];
        float[] weights = new float[batchSize];
        for (int row = 0; row < batchSize; row++)
        {
            int found = Array.BinarySearch(cumulative, uniform[row] * sum);
            int t = Math.Min(found >= 0 ? found + 1 : ~found, timesteps - 1); // the first t whose sum exceeds the number
            drawn[row] = t;
            weights[row] = (float)(1 / (timesteps * probabilities[t]));
        }

        return (drawn, weights);
    }

    /// <summary>p(t) of the next draw.</summary>
    /// <param name="history">The losses so far.</param>
    /// <returns>T numbers greater than 0 that sum to 1.</returns>
    internal double[] Probabilities(LossHistory history)
    {
        int timesteps = history.Timesteps;
        double[] roots = history.Full ? history.RootMeanSquares() : [];
        double sum = roots.Sum();
        double[] probabilities = new double[timesteps];
        for (int t = 0; t < timesteps; t++)
            probabilities[t] = sum > 0 ? (1 - UniformShare) * roots[t] / sum + UniformShare / timesteps : 1.0 / timesteps;
        return probabilities;
    }
}
