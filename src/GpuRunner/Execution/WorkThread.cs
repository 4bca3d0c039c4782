using System.Collections.Concurrent;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Runs blocking work on threads of its own, since gradient mode and dispose scopes are per thread and a training would starve the pool.</summary>
/// <remarks>
/// The thread that became free last is taken next, so that the jobs of a slot all work on one. What belongs to a thread stays warm with it: OpenMP's team, and the heap of glibc that its tensors come from, whose
/// gigabytes a job on another thread would have to get from the kernel again.
/// </remarks>
public sealed class WorkThread
{
    private static readonly ConcurrentStack<WorkThread> Free = new();

    private readonly BlockingCollection<Task> _work = [];

    private WorkThread() => new Thread(Run) { IsBackground = true, Name = "work" }.Start();

    /// <summary>Runs <paramref name="work"/> on a free thread, or on a new one where there is none, and hands back its result or exception.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        WorkThread thread = Free.TryPop(out WorkThread? free) ? free : new WorkThread();
        Task<T> task = new(
            () =>
            {
                try
                {
                    return work();
                }
                finally
                {
                    // Before the end is known: who waits for it may have more work at once.
                    Free.Push(thread);
                }
            },
            TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously);
        thread._work.Add(task);
        return task;
    }

    private void Run()
    {
        foreach (Task task in _work.GetConsumingEnumerable())
        {
            task.RunSynchronously(TaskScheduler.Default);
        }
    }
}
