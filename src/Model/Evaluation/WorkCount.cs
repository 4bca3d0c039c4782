namespace DdpmJobs.Model.Evaluation;

/// <summary>Counts the network evaluations of an evaluation as one progress.</summary>
/// <param name="report">Called with (done, in all).</param>
internal sealed class WorkCount(Action<long, long>? report)
{
    private long _all;

    /// <summary>Evaluations done.</summary>
    public long Done { get; private set; }

    /// <summary>Adds work that is to be done.</summary>
    public void Plan(long evaluations) => _all += evaluations;

    /// <summary>Counts work that was just done.</summary>
    public void Add(long evaluations) => Reach(Done + evaluations);

    /// <summary>Sets how much is done.</summary>
    public void Reach(long done)
    {
        Done = done;
        report?.Invoke(Done, _all);
    }
}
