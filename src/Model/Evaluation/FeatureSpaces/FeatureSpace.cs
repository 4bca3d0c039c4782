using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Quality.Resizing;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.FeatureSpaces;

/// <summary>A family of spaces in which images are compared: a feature network, and how images are brought to its size.</summary>
public abstract record FeatureSpace : IRunCheck
{
    /// <summary>Name of the network, as values carry it: the <c>classifier</c> of <c>frechet_distance[classifier]</c>.</summary>
    public abstract string NetworkName { get; }

    /// <summary>How images of another size are resized; null where only its own size is taken.</summary>
    internal virtual Resize? Resizing => null;

    /// <summary>Name of the published weights that it needs; null where it needs none.</summary>
    public virtual string? PublishedWeights => null;

    /// <summary>Opens the network.</summary>
    /// <exception cref="FileNotFoundException">Its weights are not there; the message says how to get them.</exception>
    /// <exception cref="InvalidDataException">Its weights are damaged, or not those that they should be.</exception>
    internal abstract FeatureNetwork Open(FeatureSources sources);

    /// <inheritdoc/>
    public abstract void Check(RunSpec run, string path);

    /// <summary>The kind of resizing that images of a size go through; empty where they go through none.</summary>
    internal string ResizingOf((int C, int H, int W) shape, FeatureNetwork network) =>
        (shape.H, shape.W) == (network.InputShape.H, network.InputShape.W) ? "" : Kinds.NameOf(Resizing!);

    /// <summary>Brings images to the network's size; one channel stands for all three.</summary>
    /// <param name="levels">(N, C, H, W) float32 on the scale of 0 to 255.</param>
    /// <param name="network">The network.</param>
    /// <returns>The same images, or new ones in the dispose scope in force.</returns>
    internal Tensor Fit(Tensor levels, FeatureNetwork network)
    {
        (int channels, int height, int width) = network.InputShape;
        Tensor images = levels.shape[1] == 1 && channels > 1 ? levels.expand(-1, channels, -1, -1) : levels;
        return ResizingOf((channels, (int)images.shape[2], (int)images.shape[3]), network).Length == 0 ? images : Resizing!.Apply(images, height, width);
    }
}
