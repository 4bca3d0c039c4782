namespace DdpmJobs.Model.Timesteps;

/// <summary>A family of ways to draw the timesteps of a training batch.</summary>
public abstract record TimestepSampler
{
    /// <summary>Losses that the sampler wants kept for each timestep; 0 where its draw does not depend on losses.</summary>
    public virtual int LossesPerTimestep => 0;

    /// <summary>Draws the timesteps of one training step.</summary>
    /// <param name="timesteps">T.</param>
    /// <param name="batchSize">Images in the batch.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The training step, zero-based; the draw is a pure function of these four and the history.</param>
    /// <param name="history">The losses so far; null where <see cref="LossesPerTimestep"/> is 0.</param>
    /// <returns>t per image, 0..T-1, and the weight of its loss, 1 / (T p(t)), so that the weighted mean loss does not depend on how t is drawn.</returns>
    public abstract (long[] T, float[] Weights) Draw(int timesteps, int batchSize, long seed, long step, LossHistory? history);

    /// <summary>The weights of a draw in which every t is equally likely: 1 each.</summary>
    private protected static float[] EqualWeights(int batchSize)
    {
        float[] weights = new float[batchSize];
        Array.Fill(weights, 1f);
        return weights;
    }
}
