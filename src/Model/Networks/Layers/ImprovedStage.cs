using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Layers applied one after the other, of which only the residual blocks see the embedding of t.</summary>
/// <remarks>openai/improved-diffusion, unet.py, TimestepEmbedSequential.</remarks>
internal sealed class ImprovedStage : Module<Tensor, Tensor, Tensor>
{
    private readonly Module[] _layers;

    public ImprovedStage(params IEnumerable<Module> layers)
        : base(nameof(ImprovedStage))
    {
        _layers = [.. layers];
        for (int i = 0; i < _layers.Length; i++)
            register_module($"{i}", _layers[i]);
    }

    /// <param name="x">(N, C, H, W).</param>
    /// <param name="time">The embedding of t after its activation, (N, time width).</param>
    /// <returns>(N, C', H', W'); belongs to the dispose scope in force.</returns>
    public override Tensor forward(Tensor x, Tensor time) => Apply(x, x, time);

    /// <summary>Applies the stage to an input that is named twice as for <see cref="ImprovedResidualBlock.Apply"/>.</summary>
    public Tensor Apply(Tensor shortcut, Tensor x, Tensor time)
    {
        (Tensor beside, Tensor h) = (shortcut, x);
        foreach (Module layer in _layers)
            beside = h = layer is ImprovedResidualBlock block ? block.Apply(beside, h, time) : ((Module<Tensor, Tensor>)layer).call(h);
        return h;
    }
}
