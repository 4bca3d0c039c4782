using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Gradient checkpointing: a block keeps only its inputs for the backward pass, and is carried out again there. Memory for time: about a third more of it.</summary>
/// <remarks>
/// Chen et al. 2016 (arXiv:1604.06174). Dropout masks are a function of the step and the layer, so the second time through a block is the first one again, and the
/// gradients are the same to the last bit. An exception in the second time through (the device's memory is full) cannot pass libtorch's frames and ends the process.
/// </remarks>
internal sealed class Recomputation : autograd.SingleTensorFunction<Recomputation>
{
    private const string Block = "block";

    /// <inheritdoc/>
    public override string Name => nameof(Recomputation);

    /// <summary>Applies a block.</summary>
    /// <param name="wanted">Whether it keeps only its inputs; where no gradient is asked for it keeps nothing anyhow.</param>
    /// <param name="block">
    /// From x, x again and the embedding of t to the output of one residual block and what follows it; of two, the gradients of the embedding would be added in
    /// another order.
    /// </param>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="time">The embedding of t after its activation, (N, time width).</param>
    /// <returns>The block's output; belongs to the dispose scope in force.</returns>
    public static Tensor Of(bool wanted, Func<Tensor, Tensor, Tensor, Tensor> block, Tensor x, Tensor time) =>
        wanted && is_grad_enabled() ? apply(x, x, time, MixedPrecision.Carried(block)) : block(x, x, time);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor x, Tensor time, Func<Tensor, Tensor, Tensor, Tensor> block) = ((Tensor)vars[0], (Tensor)vars[2], (Func<Tensor, Tensor, Tensor, Tensor>)vars[3]);
        ctx.save_for_backward([x, time]);
        ctx.save_data(Block, block);
        using IDisposable quiet = no_grad();
        return block(x, x, time);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable loud = enable_grad();
        Func<Tensor, Tensor, Tensor, Tensor> block = (Func<Tensor, Tensor, Tensor, Tensor>)ctx.get_data(Block);
        List<Tensor> saved = BackwardPass.TakeSaved(ctx);

        // Cut off from the graph before, the pass through this block ends at its inputs; the parameters' gradients are added where they belong.
        // The two uses of x stay apart: the graph before adds both to what a skip connection sent, one after the other, as without checkpoints.
        Tensor shortcut = saved[0].detach().requires_grad_();
        Tensor x = saved[0].detach().requires_grad_();
        Tensor time = saved[1].detach().requires_grad_();
        block(shortcut, x, time).backward([grad_output]);
        return BackwardPass.Return(grad_output, Gradient(shortcut), Gradient(x), Gradient(time), null);
    }

    // A block that only changes the resolution does not look at the time, and leaves it without a gradient.
    private static Tensor Gradient(Tensor input) => input.grad ?? zeros_like(input);
}
