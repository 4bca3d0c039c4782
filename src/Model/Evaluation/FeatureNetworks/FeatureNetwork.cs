using DdpmJobs.Model.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>A trained network whose features and classes sample quality is measured by. It only evaluates, in float32, and keeps nothing for a gradient.</summary>
/// <param name="device">Device name as libtorch writes it.</param>
public abstract class FeatureNetwork(string device) : IDisposable
{
    private readonly FirstPass _first = new();

    /// <summary>Its name, as in <c>inception</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What its weights are: a SHA-256 in lower-case hexadecimal, of the published file or of the trained tensors.</summary>
    public abstract string Hash { get; }

    /// <summary>Channels, height and width of the images that it takes; others are resized before.</summary>
    public abstract (int C, int H, int W) InputShape { get; }

    /// <summary>Length of the features of an image.</summary>
    public abstract int Dimensions { get; }

    /// <summary>Number of classes.</summary>
    public abstract int Classes { get; }

    /// <summary>What it does to a level x, 0 to 255, first; for the protocol.</summary>
    public abstract string Scaling { get; }

    /// <summary>Whether a Fréchet distance between its features may be named FID: only that of the published Inception may.</summary>
    public virtual bool MeasuresFid => false;

    /// <summary>Most images that it takes in one pass; more are taken in several, so that its memory is bounded.</summary>
    public abstract int LargestPass { get; }

    /// <summary>Where it computes.</summary>
    protected Device Device { get; } = new(device);

    /// <summary>Asks it about images.</summary>
    /// <param name="images">(N, C, H, W) float32 of <see cref="InputShape"/>, finite, levels on the scale of 0 to 255 (a resize may leave that range); on any device; used, not taken over.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>, before the next pass.</param>
    /// <returns>On the network's device, outside every dispose scope; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The images are of another shape or type, or a level is not finite.</exception>
    public FeatureOutputs Of(Tensor images, CancellationToken stop)
    {
        (int channels, int height, int width) = InputShape;
        if (images.dim() != 4 || images.shape[0] == 0 || images.shape[1] != channels || images.shape[2] != height || images.shape[3] != width || images.dtype != ScalarType.Float32)
            throw new ArgumentException($"{Name} takes images (N, {channels}, {height}, {width}) float32; got ({string.Join(", ", images.shape)}) {images.dtype}.", nameof(images));
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        if (!images.isfinite().all().item<bool>())
            throw new ArgumentException($"{Name} was given images with levels that are not finite.", nameof(images));

        List<FeatureOutputs> passes = [];
        for (long first = 0; first < images.shape[0]; first += LargestPass)
        {
            stop.ThrowIfCancellationRequested();
            passes.Add(OnePass(images.narrow(0, first, Math.Min(LargestPass, images.shape[0] - first))));
        }

        return passes.Count == 1 ? Kept(passes[0]) : Kept(new FeatureOutputs(
            cat([.. passes.Select(pass => pass.Features)]), cat([.. passes.Select(pass => pass.Logits)]), cat([.. passes.Select(pass => pass.ScoreLogits)])));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Passes images through the network; no gradient is kept, and a dispose scope is in force.</summary>
    /// <param name="images">As for <see cref="Of"/>, at most <see cref="LargestPass"/>, on the device.</param>
    /// <returns>Three different tensors, in the dispose scope in force.</returns>
    private protected abstract FeatureOutputs Pass(Tensor images);

    /// <summary>Lets go of the weights.</summary>
    protected abstract void Dispose(bool disposing);

    // The scope ends with the pass: what it made on its way is gone before the next begins.
    private FeatureOutputs OnePass(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        using Lock.Scope alone = _first.Enter(images.shape[0]);
        FeatureOutputs outputs = Pass(images.to(Device));
        outputs.Features.MoveToOuterDisposeScope();
        outputs.Logits.MoveToOuterDisposeScope();
        outputs.ScoreLogits.MoveToOuterDisposeScope();
        return outputs;
    }

    private static FeatureOutputs Kept(FeatureOutputs outputs)
    {
        outputs.Features.DetachFromDisposeScope();
        outputs.Logits.DetachFromDisposeScope();
        outputs.ScoreLogits.DetachFromDisposeScope();
        return outputs;
    }
}
