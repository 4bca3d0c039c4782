namespace DdpmJobs.Model.Timesteps;

/// <summary>The last losses at each timestep: what a sampler that learns carries from step to step, and so part of a training's state.</summary>
/// <param name="timesteps">T.</param>
/// <param name="perTimestep">Losses kept for each timestep.</param>
/// <remarks>As in openai/improved-diffusion, resample.py: nothing is weighted until every timestep has all its losses.</remarks>
public sealed class LossHistory(int timesteps, int perTimestep)
{
    /// <summary>T.</summary>
    public int Timesteps { get; } = timesteps;

    /// <summary>Losses kept for each timestep.</summary>
    public int PerTimestep { get; } = perTimestep;

    /// <summary>The losses of each timestep, oldest first, T rows of <see cref="PerTimestep"/>; 0 where there is none yet.</summary>
    public float[] Losses { get; } = new float[timesteps * perTimestep];

    /// <summary>How many losses each timestep has; whole numbers, as floats for the checkpoint.</summary>
    public float[] Counts { get; } = new float[timesteps];

    /// <summary>Whether every timestep has all its losses.</summary>
    public bool Full => Array.TrueForAll(Counts, count => (int)count == PerTimestep);

    /// <summary>Adds the losses of a batch in its order; the oldest of a timestep goes when it has too many.</summary>
    /// <param name="t">Zero-based timestep per image.</param>
    /// <param name="losses">Loss per image, without the weight of its timestep. One that is not finite is left out: it ends the training by itself.</param>
    public void Record(ReadOnlySpan<long> t, ReadOnlySpan<float> losses)
    {
        for (int row = 0; row < t.Length; row++)
        {
            if (!float.IsFinite(losses[row]))
                continue;
            Span<float> kept = Losses.AsSpan((int)t[row] * PerTimestep, PerTimestep);
            int count = (int)Counts[t[row]];
            if (count == PerTimestep)
            {
                kept[1..].CopyTo(kept);
                kept[^1] = losses[row];
            }
            else
            {
                kept[count] = losses[row];
                Counts[t[row]] = count + 1;
            }
        }
    }

    /// <summary>The root of the mean squared loss of each timestep.</summary>
    public double[] RootMeanSquares()
    {
        double[] roots = new double[Timesteps];
        for (int t = 0; t < Timesteps; t++)
        {
            double sum = 0;
            foreach (float loss in Losses.AsSpan(t * PerTimestep, PerTimestep))
                sum += (double)loss * loss;
            roots[t] = Math.Sqrt(sum / PerTimestep);
        }

        return roots;
    }
}
