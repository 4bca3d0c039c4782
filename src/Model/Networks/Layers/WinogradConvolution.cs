using System.Runtime.InteropServices;
using DdpmJobs.Model.Networks.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Convolutions with a kernel of 3 × 3 and stride 1 on the CPU, by Winograd's minimal filtering: F(2 × 2, 3 × 3).</summary>
/// <remarks>
/// oneDNN 3.7, which libtorch 2.10 has in it, convolves directly, near the speed at which the processor multiplies; four multiplications in place of nine leave more room than any better
/// loop would. Larger tiles would save more, but their matrices hold numbers up to 8 and cost a digit of precision.
/// </remarks>
internal sealed class WinogradConvolution : autograd.SingleTensorFunction<WinogradConvolution>
{
    private const string Settings = "padding";

    // With fewer pairs of channels the transforms take longer than the multiplications that they save.
    private const long FewestPairs = 32 * 32;

    /// <inheritdoc/>
    public override string Name => nameof(WinogradConvolution);

    /// <summary>Whether it can be done, and pays: float32 on the CPU, and so many channels, in whole vectors.</summary>
    /// <remarks>Not asked is how many images there are: an image would come out otherwise beside few others than beside many.</remarks>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="weight">(C', C, 3, 3).</param>
    /// <param name="padding">Zeros at each border, at most 2.</param>
    public static bool Fits(Tensor x, Tensor weight, long padding) =>
        Vectors.AreFast && x.dim() == 4 && x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && weight.dtype == ScalarType.Float32
        && weight.shape is [var outChannels, var channels, 3, 3] && outChannels % Vectors.Lanes == 0 && channels % Vectors.Lanes == 0 && channels * outChannels >= FewestPairs
        && padding is >= 0 and <= 2 && x.shape[2] + 2 * padding >= 3 && x.shape[3] + 2 * padding >= 3
        && x.numel() is > 0 and <= int.MaxValue && x.numel() / channels * outChannels <= int.MaxValue / 16;

    /// <summary>Convolves.</summary>
    /// <param name="x">(N, C, H, W), best with the channels last in memory.</param>
    /// <param name="weight">(C', C, 3, 3), best in the same layout.</param>
    /// <param name="bias">(C',).</param>
    /// <param name="padding">Zeros at each border.</param>
    /// <returns>(N, C', H', W') with the channels last in memory; belongs to the dispose scope in force.</returns>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor bias, long padding) =>
        is_grad_enabled() ? apply(x, weight, bias, (int)padding) : Forward(x, weight, bias, (int)padding);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor x, Tensor weight, Tensor bias, int padding) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (int)vars[3]);
        using IDisposable quiet = no_grad();
        ctx.save_for_backward([x, weight]);
        ctx.save_data(Settings, padding);
        return Forward(x, weight, bias, padding);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        int padding = (int)ctx.get_data(Settings);
        List<Tensor> saved = BackwardPass.TakeSaved(ctx);
        Tensor x = LastChannels.Pixels(saved[0]), weight = LastChannels.Pixels(saved[1]), dy = LastChannels.Pixels(grad_output);
        Tensor dx = empty_like(x), dw = empty_like(weight), db = empty(weight.shape[0]);
        WinogradShape shape = Shape(saved[0].shape, saved[1].shape, padding);
        InputGradient(shape, dy, weight, dx);
        ParameterGradients(shape, x, dy, dw, db);
        return BackwardPass.Return(grad_output, dx.permute(0, 3, 1, 2), dw.permute(0, 3, 1, 2), db, null);
    }

    private static unsafe Tensor Forward(Tensor input, Tensor weight, Tensor bias, int padding)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = LastChannels.Pixels(input), kernels = LastChannels.Pixels(weight);
        WinogradShape shape = Shape(input.shape, weight.shape, padding);
        Tensor y = LastChannels.Empty(shape.Images, shape.Out, shape.OutHeight, shape.OutWidth);
        WinogradProducts work = new() { Shape = shape, X = Vectors.Of(x), Y = Vectors.Of(LastChannels.Pixels(y)), Bias = Vectors.Of(bias), Weights = Vectors.Of(kernels) };
        Convolve(work, &WinogradProducts.TransformKernels<Lanes16>, &WinogradProducts.TransformKernels<Lanes8>);
        return y.MoveToOuterDisposeScope();
    }

    private static unsafe void InputGradient(WinogradShape shape, Tensor dy, Tensor weight, Tensor dx)
    {
        WinogradProducts work = new() { Shape = shape.Backward, X = Vectors.Of(dy), Y = Vectors.Of(dx), Weights = Vectors.Of(weight) };
        Convolve(work, &WinogradProducts.TransformTurnedKernels<Lanes16>, &WinogradProducts.TransformTurnedKernels<Lanes8>);
    }

    private static unsafe void Convolve(WinogradProducts work, delegate*<void*, int, int, void> wide, delegate*<void*, int, int, void> narrow)
    {
        work.Divide(get_num_threads());
        work.Kernels = Vectors.Room(WinogradShape.Points * work.KernelPlane);
        ThreadTeam.Run(work.KernelParts, wide, narrow, &work);
        ThreadTeam.Run(work.Blocks, &WinogradProducts.Convolve<Lanes16>, &WinogradProducts.Convolve<Lanes8>, &work);
        NativeMemory.AlignedFree(work.Kernels);
    }

    private static unsafe void ParameterGradients(WinogradShape shape, Tensor x, Tensor dy, Tensor dw, Tensor db)
    {
        double[] biasSums = GC.AllocateArray<double>(shape.Out, pinned: true);
        WinogradGradient work = new() { Shape = shape, X = Vectors.Of(x), OutputGradient = Vectors.Of(dy), Weights = Vectors.Of(dw) };
        work.Divide();
        work.Sums = Vectors.Room(WinogradShape.Points * work.SumPlane + WinogradShape.Reach * (work.InputPlane + work.OutputPlane));
        work.InputPoints = work.Sums + WinogradShape.Points * work.SumPlane;
        work.OutputPoints = work.InputPoints + WinogradShape.Reach * work.InputPlane;
        fixed (double* sums = biasSums)
        {
            work.BiasSums = sums;
            for (; work.FirstSummed < shape.Tiles; work.FirstSummed += work.Summed)
            {
                for (work.Row = 0; work.Row < WinogradShape.Reach; work.Row++)
                {
                    ThreadTeam.Run(work.InputParts, &WinogradGradient.TransformInputs<Lanes16>, &WinogradGradient.TransformInputs<Lanes8>, &work);
                    ThreadTeam.Run(work.ProductParts, &WinogradGradient.AddProducts<Lanes16>, &WinogradGradient.AddProducts<Lanes8>, &work);
                }
            }
        }

        ThreadTeam.Run(shape.Out, &WinogradGradient.TransformSums<Lanes16>, &WinogradGradient.TransformSums<Lanes8>, &work);
        NativeMemory.AlignedFree(work.Sums);
        float* bias = Vectors.Of(db);
        for (int i = 0; i < biasSums.Length; i++)
            bias[i] = (float)biasSums[i];
    }

    // From (N, C, H, W) and (C', C, 3, 3).
    private static WinogradShape Shape(long[] x, long[] weight, long padding) => new((int)x[0], (int)x[2], (int)x[3], (int)x[1], (int)weight[0], (int)padding);
}
