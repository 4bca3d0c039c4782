using System.Runtime.InteropServices;
using DdpmJobs.Model.Networks.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Convolutions with a kernel of 1 × 1 on the CPU, as products of matrices.</summary>
/// <remarks>
/// oneDNN 3.7, which libtorch 2.10 has in it, computes wrong but finite outputs of such convolutions with the channels last, by as much as the outputs are large: in one of eight of some
/// thousand shapes drawn at random, among them 64 to 80, 144 to 512 and 768 to 320 channels (<c>brgconv_1x1</c> with AVX-512); and for 1024 to 256 channels at 12 × 12 it divided by zero, which ends the
/// process. So none of them goes there.
/// </remarks>
internal sealed class PixelConvolution : autograd.SingleTensorFunction<PixelConvolution>
{
    private const string Settings = "settings";

    /// <inheritdoc/>
    public override string Name => nameof(PixelConvolution);

    /// <summary>Convolves.</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="weight">(C', C, 1, 1).</param>
    /// <param name="bias">(C',).</param>
    /// <returns>(N, C', H, W) with the channels last in memory; belongs to the dispose scope in force.</returns>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor bias)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pixels = LastChannels.Pixels(x);
        Tensor matrix = weight.view(weight.shape[0], weight.shape[1]);
        Tensor y = !Fits(pixels, matrix) ? nn.functional.linear(pixels, matrix, bias)
            : is_grad_enabled() ? apply(pixels, matrix, bias) : Forward(pixels, matrix, bias);
        return y.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor pixels, Tensor weight, Tensor bias) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        using IDisposable quiet = no_grad();
        ctx.save_for_backward([pixels, weight]);
        return Forward(pixels, weight, bias);
    }

    /// <inheritdoc/>
    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        List<Tensor> saved = BackwardPass.TakeSaved(ctx);
        Tensor dy = grad_output.contiguous();
        Tensor dx = empty_like(saved[0]), dw = empty_like(saved[1]), db = empty(saved[1].shape[0]);
        PixelProducts work = Work(dx, saved[1], dy);
        work.Packed = Vectors.Room(work.Out * Panels.Whole(work.In));
        ThreadTeam.Run(1, &PixelProducts.PackBackward<Lanes16>, &PixelProducts.PackBackward<Lanes8>, &work);
        ThreadTeam.Run(work.Blocks, &PixelProducts.BackwardInput<Lanes16>, &PixelProducts.BackwardInput<Lanes8>, &work);
        NativeMemory.AlignedFree(work.Packed);

        work.X = Vectors.Of(saved[0]);
        work.WeightGradient = Vectors.Of(dw);
        work.BiasGradient = Vectors.Of(db);
        ThreadTeam.Run(work.Out / Vectors.Lanes, &PixelProducts.BackwardWeights<Lanes16>, &PixelProducts.BackwardWeights<Lanes8>, &work);
        return BackwardPass.Return(grad_output, dx, dw, db);
    }

    // Without vectors as wide the product is that of libtorch's matrices, which is right and takes less time than ours would.
    private static bool Fits(Tensor pixels, Tensor weight) =>
        Vectors.AreFast && pixels.dtype == ScalarType.Float32 && weight.shape[0] % Vectors.Lanes == 0 && weight.shape[1] % Vectors.Lanes == 0 && pixels.numel() <= int.MaxValue;

    private static unsafe Tensor Forward(Tensor pixels, Tensor weight, Tensor bias)
    {
        Tensor y = empty([.. pixels.shape[..3], weight.shape[0]]);
        PixelProducts work = Work(pixels, weight, y);
        work.Bias = Vectors.Of(bias);
        work.Packed = Vectors.Room(work.In * Panels.Whole(work.Out));
        ThreadTeam.Run(1, &PixelProducts.PackForward<Lanes16>, &PixelProducts.PackForward<Lanes8>, &work);
        ThreadTeam.Run(work.Blocks, &PixelProducts.Forward<Lanes16>, &PixelProducts.Forward<Lanes8>, &work);
        NativeMemory.AlignedFree(work.Packed);
        return y;
    }

    private static unsafe PixelProducts Work(Tensor x, Tensor weight, Tensor y) => new()
    {
        Pixels = (int)(x.numel() / weight.shape[1]), In = (int)weight.shape[1], Out = (int)weight.shape[0], X = Vectors.Of(x), Y = Vectors.Of(y), Weights = Vectors.Of(weight),
    };
}
