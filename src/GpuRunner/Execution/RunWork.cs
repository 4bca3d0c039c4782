using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>The entry points of Model that attempts call; each blocks its thread until the work is done.</summary>
/// <param name="Train">As <see cref="Trainer.Train"/>.</param>
/// <param name="Evaluate">As <see cref="Evaluator.Evaluate"/>.</param>
/// <param name="Shard">As <see cref="Evaluator.WriteShard"/>: spec, session, number, file, stop.</param>
/// <param name="Sample">As <see cref="SampleWriter.Write"/>: spec, checkpoint, device, data folder, folder, progress, stop.</param>
public sealed record RunWork(
    Func<RunSpec, TrainingSession, CancellationToken, TrainingEnd> Train,
    Func<RunSpec, EvaluationSession, CancellationToken, IReadOnlyList<MetricValue>> Evaluate,
    Action<RunSpec, EvaluationSession, int, string, CancellationToken> Shard,
    Func<RunSpec, string, string, string?, string, Action<long, long>?, CancellationToken, SampleSet> Sample)
{
    /// <summary>The real ones.</summary>
    /// <param name="threads">CPU threads of one job.</param>
    public static RunWork OfModel(int threads) => new(
        (spec, session, stop) => OnThreads(threads, () => Trainer.Train(spec, session, stop)),
        (spec, session, stop) => OnThreads(threads, () => Evaluator.Evaluate(spec, session, stop)),
        (spec, session, shard, file, stop) => OnThreads(threads, () =>
        {
            Evaluator.WriteShard(spec, session, shard, file, stop);
            return true;
        }),
        (spec, checkpoint, device, data, folder, progress, stop) => OnThreads(threads, () => SampleWriter.Write(spec, checkpoint, device, data, folder, progress, stop)));

    // OpenMP keeps its number of threads for each calling thread, so every job's own thread sets it before its first tensor. libtorch gives a thread at its first operation the number
    // that any thread has set last; asking for it does that before and not after.
    private static T OnThreads<T>(int threads, Func<T> work)
    {
        torch.get_num_threads();
        torch.set_num_threads(threads);
        return work();
    }
}
