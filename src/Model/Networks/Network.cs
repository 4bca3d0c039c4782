using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>A family of denoising networks: from x_t and t to whatever the prediction asks for.</summary>
public abstract record Network
{
    /// <summary>Number of classes whose labels the network takes through <see cref="ConditionalModule"/>; 0 for a network that sees none.</summary>
    public virtual int LabelCount => 0;

    /// <summary>Builds the network with its first weights on the CPU.</summary>
    /// <param name="inChannels">Channels of x_t.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="size">Height and width of x_t in pixels.</param>
    /// <param name="seed">The weights are a pure function of this and of the network's parameters.</param>
    /// <param name="dropout">Draws the dropout masks in training mode; whoever trains sets its step.</param>
    /// <returns>
    /// A module from (x_t (N, C, H, W) float32, t (N,) int64, zero-based) to (N, C', H, W) float32, in training mode; the caller disposes it.
    /// It is a <see cref="ConditionalModule"/> where <see cref="LabelCount"/> is not 0.
    /// </returns>
    /// <exception cref="Specs.SpecException">The network does not exist for this size; the path is relative to the network.</exception>
    public abstract nn.Module<Tensor, Tensor, Tensor> Build(int inChannels, int outChannels, int size, long seed, DropoutContext dropout);
}
