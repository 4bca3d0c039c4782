using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>The parameters of a network as views of one flat buffer, and their gradients of another: what touches all of them is then one operation.</summary>
/// <remarks>In the buffer a parameter lies as its layer likes it best (<see cref="LastChannels.Weight"/>); its shape, and what a checkpoint holds, do not depend on that.</remarks>
internal sealed class FlatParameters : IDisposable
{
    private const long Alignment = 16; // floats: one cache line, so that every parameter starts where vector code likes it

    private readonly List<(string Name, long Offset, long[] Shape)> _places = [];

    /// <summary>Moves the network to the device and its parameters into the buffer.</summary>
    public FlatParameters(nn.Module network, Device device)
    {
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        network.to(device);
        (string Name, Parameter Value)[] parameters = [.. network.named_parameters().Select(parameter => (parameter.name, parameter.parameter))];

        long length = 0;
        foreach ((string name, Parameter value) in parameters)
        {
            _places.Add((name, length, value.shape));
            length += (value.numel() + Alignment - 1) / Alignment * Alignment;
        }

        // The few elements between parameters stay zero: their gradient is.
        Values = zeros(length, float32, device).DetachFromDisposeScope();
        Gradients = zeros(length, float32, device).DetachFromDisposeScope();
        for (int i = 0; i < parameters.Length; i++)
        {
            Parameter parameter = parameters[i].Value;
            Tensor view = View(Values, i);
            view.copy_(parameter);
            parameter.set_(view);
            // libtorch adds to a gradient that is there instead of making a new one.
            parameter.grad = View(Gradients, i);
        }
    }

    /// <summary>(P,) float32.</summary>
    public Tensor Values { get; }

    /// <summary>(P,) float32; to be zeroed before each backward pass.</summary>
    public Tensor Gradients { get; }

    /// <summary>Makes another buffer of the same layout.</summary>
    /// <param name="values">Its content.</param>
    public static Tensor Like(Tensor values) => values.clone().DetachFromDisposeScope();

    /// <summary>Cuts a buffer of this layout into named tensors that share its memory; the caller disposes them.</summary>
    public IEnumerable<(string Name, Tensor Value)> Split(Tensor buffer)
    {
        for (int i = 0; i < _places.Count; i++)
            yield return (_places[i].Name, View(buffer, i));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Gradients.Dispose();
    }

    private Tensor View(Tensor buffer, int index)
    {
        (string _, long offset, long[] shape) = _places[index];
        long count = 1;
        foreach (long extent in shape)
            count *= extent;
        return LastChannels.Weight(buffer.narrow(0, offset, count), shape);
    }
}
