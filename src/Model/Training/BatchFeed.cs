using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using DdpmJobs.Model.Timesteps;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>
/// Hands the training thread one batch after the other: drawn when it is asked for, or ahead by a thread of its own while the device still works on the step before.
/// Both are the same numbers.
/// </summary>
/// <param name="source">Draws the batches.</param>
/// <param name="steps">Steps of the training: none is drawn beyond.</param>
/// <param name="ahead">Whether they are drawn ahead.</param>
internal sealed class BatchFeed(BatchSource source, long steps, bool ahead) : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly BlockingCollection<HostBatch> _drawn = new(boundedCapacity: 1); // beside the one that is being drawn
    private Thread? _thread;
    private ExceptionDispatchInfo? _error;

    /// <summary>Batches that are drawn and not yet taken.</summary>
    public int Waiting => _drawn.Count;

    /// <summary>The batch of a step.</summary>
    /// <param name="step">The optimiser step, zero-based: one more than last time.</param>
    /// <param name="history">The losses before it; null where the timestep sampler needs none.</param>
    /// <returns>The batch on the device, in the dispose scope in force.</returns>
    /// <exception cref="Exception">What ended the drawing ahead, as it was thrown there.</exception>
    public Batch Next(long step, LossHistory? history)
    {
        if (!ahead)
            return source.Draw(step, history);

        // Begin with the first step that is asked for.
        if (_thread is null)
        {
            _thread = new Thread(() => Run(step)) { IsBackground = true, Name = "batches ahead" };
            _thread.Start();
        }

        if (!_drawn.TryTake(out HostBatch? host, Timeout.Infinite))
        {
            _error?.Throw();
            throw new InvalidOperationException($"Step {step} was asked for, but the training has only {steps}.");
        }

        if (host.Step != step)
            throw new InvalidOperationException($"Step {step} was asked for out of order: {host.Step} is next.");
        return source.Complete(host, history);
    }

    /// <summary>Ends the thread and lets go of what it has drawn.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _thread?.Join();
        while (_drawn.TryTake(out HostBatch? left))
            left.Dispose();
        _drawn.Dispose();
        _end.Dispose();
    }

    private void Run(long first)
    {
        try
        {
            for (long step = first; step < steps; step++)
                Add(Prepare(step));
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // Whatever it is, it belongs to the thread that trains, which asks for this batch next.
            _error = ExceptionDispatchInfo.Capture(error);
        }
        finally
        {
            _drawn.CompleteAdding();
        }
    }

    private HostBatch Prepare(long step)
    {
        using DisposeScope scope = NewDisposeScope();
        HostBatch batch = source.Prepare(step);
        return (source.Device.type == DeviceType.CUDA ? batch.Pinned() : batch).Detached();
    }

    private void Add(HostBatch batch)
    {
        try
        {
            _drawn.Add(batch, _end.Token);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }
}
