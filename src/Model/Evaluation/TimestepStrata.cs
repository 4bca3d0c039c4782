using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Which timesteps of an image the bound is measured at, so that a few of them estimate the sum over all without bias.</summary>
/// <remarks>
/// t = 1..T-1 is cut into strata whose edges grow as powers of T, for the terms are largest near t = 0; one t is drawn uniformly in each and counts
/// as often as its stratum is wide. t = 0, the decoder's term, is always taken.
/// </remarks>
internal sealed class TimestepStrata
{
    private readonly int[] _edges;

    /// <summary>Cuts the strata.</summary>
    /// <param name="timesteps">T.</param>
    /// <param name="strata">How many; null, or T-1 or more, for every timestep.</param>
    public TimestepStrata(int timesteps, int? strata)
    {
        int count = Math.Min(strata ?? int.MaxValue, timesteps - 1);
        _edges = new int[count + 1];
        _edges[0] = 1;
        for (int i = 1; i <= count; i++)
        {
            // Every stratum gets at least one timestep, and leaves at least one to each after it.
            int wanted = (int)Math.Round(Math.Pow(timesteps, (double)i / count));
            _edges[i] = Math.Clamp(wanted, _edges[i - 1] + 1, timesteps - (count - i));
        }
    }

    /// <summary>Timesteps visited an image.</summary>
    public int Visits => _edges.Length;

    /// <summary>The timesteps of one draw of one image, ascending from 0, and how many timesteps each stands for.</summary>
    /// <param name="seed">The root of the randomness.</param>
    /// <param name="address">Names image and draw.</param>
    public (int T, int Width)[] Of(long seed, long address)
    {
        RandomStream stream = new(seed, RandomPurpose.EvaluationTimestep, address);
        (int, int)[] visited = new (int, int)[Visits];
        visited[0] = (0, 1);
        for (int i = 1; i < Visits; i++)
        {
            int width = _edges[i] - _edges[i - 1];
            visited[i] = (_edges[i - 1] + (int)stream.Below(i - 1, (ulong)width), width);
        }

        return visited;
    }
}
