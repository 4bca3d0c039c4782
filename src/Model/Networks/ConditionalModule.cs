using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>The module of a network that may be given the class of each image beside x_t and t.</summary>
/// <param name="name">The module's name.</param>
public abstract class ConditionalModule(string name) : nn.Module<Tensor, Tensor, Tensor>(name)
{
    /// <summary>The label of an image whose class the network is not told.</summary>
    public const long NoLabel = -1;

    /// <summary>Calls the network with labels.</summary>
    /// <param name="x">x_t, (N, C, H, W) float32.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="labels">Class of each image, (N,) int64, or <see cref="NoLabel"/>; null tells of none.</param>
    /// <returns>(N, C', H, W) float32; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The network takes no labels, or not one was given for each image.</exception>
    public abstract Tensor Predict(Tensor x, Tensor t, Tensor? labels);

    /// <summary>Calls the network without telling any class.</summary>
    public sealed override Tensor forward(Tensor x, Tensor t) => Predict(x, t, null);

    /// <summary>Closes over the labels of a batch, so that objectives, samplers and metrics know of x_t and t only.</summary>
    /// <param name="network">Any network; a <see cref="ConditionalModule"/> where labels are given.</param>
    /// <param name="labels">Class of each image of every later call, (N,) int64, or <see cref="NoLabel"/>; null for none. Used, not taken over.</param>
    /// <returns>x_t (N, C, H, W) float32 and zero-based t (N,) int64 to (N, C', H, W).</returns>
    /// <exception cref="ArgumentException">Labels are given and the network takes none.</exception>
    public static Func<Tensor, Tensor, Tensor> Given(nn.Module<Tensor, Tensor, Tensor> network, Tensor? labels) => (network, labels) switch
    {
        (_, null) => network.forward,
        (ConditionalModule conditional, _) => (x, t) => conditional.Predict(x, t, labels),
        _ => throw new ArgumentException($"{network.GetType().Name} takes no labels.", nameof(labels)),
    };
}
