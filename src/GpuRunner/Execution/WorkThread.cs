namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Runs blocking work on a thread of its own, since gradient mode and dispose scopes are per thread and a training would starve the pool.</summary>
public static class WorkThread
{
    /// <summary>Starts a thread, runs <paramref name="work"/> on it and hands back its result or exception.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
        => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
