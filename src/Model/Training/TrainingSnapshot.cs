using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>A copy of a training's state in host memory, kept and filled anew for each checkpoint: what is written while training goes on.</summary>
/// <remarks>It takes as much memory as weights, averages and the optimiser's buffers together.</remarks>
internal sealed class TrainingSnapshot : IDisposable
{
    private readonly TrainingState _state;
    private readonly (Tensor Live, Tensor Copy)[] _buffers;
    private readonly (string Name, Tensor Value)[] _tensors;
    private readonly (string Name, float[] Live, float[] Copy, long[] Shape)[] _parts;
    private long _step;
    private ValidationProgress _validation = ValidationProgress.None;

    /// <summary>Makes room for the state.</summary>
    public TrainingSnapshot(TrainingState state)
    {
        _state = state;
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (string Prefix, Tensor Live, Tensor Copy)[] buffers = [.. state.Buffers().Select(buffer => (buffer.Prefix, buffer.Buffer, empty(buffer.Buffer.shape, float32, CPU)))];
        _buffers = [.. buffers.Select(buffer => (buffer.Live, buffer.Copy.DetachFromDisposeScope()))];
        _tensors = [.. state.Named(buffers.Select(buffer => (buffer.Prefix, buffer.Copy))).Select(tensor => (tensor.Name, tensor.Value.DetachFromDisposeScope()))];
        _parts = [.. state.Parts().Select(part => (part.Name, part.Values, new float[part.Values.Length], part.Shape))];
    }

    /// <summary>Copies the state as it is now; waits for the device.</summary>
    public void Take()
    {
        using IDisposable quiet = no_grad();
        foreach ((Tensor live, Tensor copy) in _buffers)
            copy.copy_(live);
        foreach ((_, float[] live, float[] copy, _) in _parts)
            live.CopyTo(copy, 0);
        _step = _state.Step;
        _validation = _state.Validation;
    }

    /// <summary>Writes the copy to a file; may be called by another thread than trains.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path) => _state.Write(path, _step, _tensors, _parts.Select(part => (part.Name, part.Copy, part.Shape)), _validation);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, Tensor copy) in _buffers)
            copy.Dispose();
        foreach ((_, Tensor value) in _tensors)
            value.Dispose();
    }
}
