using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>One learned vector a class, added to the embedding of t; an image without a label adds nothing.</summary>
/// <remarks>
/// openai/improved-diffusion, unet.py, label_emb. Ho and Salimans 2022 (arXiv:2207.12598) learn a vector for "no label" too; zero in its place loses nothing,
/// because the bias of the embedding of t before it can be that vector. The parameters so stay those of the reference, with and without label dropout.
/// </remarks>
internal sealed class LabelEmbedding : Module<Tensor, Tensor>
{
    // Under these names Module.to puts the new parameters that a network gets on another device; else it would leave the old ones in use.
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    private readonly int _classes;

    public LabelEmbedding(Initializer init, int classes, int width)
        : base(nameof(LabelEmbedding))
    {
        _classes = classes;
        _weight = init.Normal(classes, width);
        register_parameter("weight", _weight);
    }

    /// <param name="labels">(N,) int64, 0 to classes - 1, or <see cref="ConditionalModule.NoLabel"/>.</param>
    /// <returns>(N, width).</returns>
    public override Tensor forward(Tensor labels)
    {
        // A product with rows of 0 and 1 instead of a look-up: the gradient of a look-up sums in no fixed order on a GPU.
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor classes = torch.arange(_classes, dtype: torch.int64, device: labels.device);
        Tensor chosen = labels.unsqueeze(1).eq(classes.unsqueeze(0)).to(_weight.dtype);
        return chosen.matmul(_weight).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the labels' vectors to the embedding of t, where there are labels.</summary>
    /// <param name="embedding">The network's embedding; null where it takes no labels.</param>
    /// <param name="time">(N, width), before its activation.</param>
    /// <param name="labels">(N,) int64, or null.</param>
    /// <exception cref="ArgumentException">The network takes no labels, or not one was given for each image.</exception>
    public static Tensor Add(LabelEmbedding? embedding, Tensor time, Tensor? labels)
    {
        if (labels is null)
            return time;
        if (embedding is null)
            throw new ArgumentException("The network takes no labels.", nameof(labels));
        if (labels.dim() != 1 || labels.shape[0] != time.shape[0])
            throw new ArgumentException($"A batch of {time.shape[0]} images needs as many labels; got [{string.Join(", ", labels.shape)}].", nameof(labels));
        return time + embedding.call(labels);
    }
}
