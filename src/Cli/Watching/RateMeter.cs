namespace DdpmJobs.Cli.Watching;

/// <summary>Estimates the time left of jobs from how fast their work was seen to grow.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    // Earlier estimates jump.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(Guid Job, int Attempt), (long Stamp, long Done)> _first = [];

    /// <summary>Takes note of an attempt's work and estimates the rest.</summary>
    /// <returns>Time left; null while there is too little to tell.</returns>
    public TimeSpan? Remaining(Guid job, int attempt, long done, long total)
    {
        long now = clock.GetTimestamp();

        // The first report may be of a resumed training: only what is done from then on tells the rate.
        if (!_first.TryGetValue((job, attempt), out (long Stamp, long Done) first))
        {
            if (done > 0)
            {
                _first[(job, attempt)] = (now, done);
            }

            return null;
        }

        TimeSpan elapsed = clock.GetElapsedTime(first.Stamp, now);
        return elapsed < Settling || done <= first.Done || total < done ? null : elapsed * ((total - done) / (double)(done - first.Done));
    }
}
