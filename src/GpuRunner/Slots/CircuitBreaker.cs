namespace DdpmJobs.GpuRunner.Slots;

/// <summary>Takes a runner out of service when job after job fails on it for reasons that are not the jobs' own, so that a broken machine does not eat the queue.</summary>
public sealed class CircuitBreaker
{
    /// <summary>Failures in a row, on all slots together, that trip it.</summary>
    public const int Limit = 3;

    private readonly Lock _gate = new();
    private int _inARow;

    /// <summary>Why it tripped; null while it has not. It stays tripped until the process is started anew.</summary>
    public string? Reason { get; private set; }

    /// <summary>Notes how an attempt ended.</summary>
    /// <param name="failure">The error's sentence when it was none of the job's doing; null for every other ending.</param>
    /// <returns>True when this one tripped it.</returns>
    public bool Record(string? failure)
    {
        lock (_gate)
        {
            _inARow = failure is null ? 0 : _inARow + 1;
            if (_inARow < Limit || Reason is not null)
            {
                return false;
            }

            Reason = $"{Limit} jobs in a row failed here; the last one: {failure}";
            return true;
        }
    }
}
