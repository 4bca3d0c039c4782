using System.Runtime.CompilerServices;
using DdpmJobs.Model.Networks.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Group normalisation, SiLU and dropout as one operation on the CPU, for images in memory with the channels last.</summary>
/// <remarks>
/// libtorch passes over the memory once for each, keeps the results of all three for the backward pass, and has no fast normalisation for this layout, which is the one
/// that its convolutions like best. Here one pass forward and one back keep the input only: mask and activation are computed again.
/// </remarks>
internal sealed class NormalizedActivation : autograd.SingleTensorFunction<NormalizedActivation>
{
    private const string Settings = "settings";

    /// <inheritdoc/>
    public override string Name => nameof(NormalizedActivation);

    /// <summary>Whether it can be done: float32 on the CPU, and whole vectors of channels.</summary>
    public static bool Fits(Tensor x) =>
        Vectors.AreFast && x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && x.dim() == 4 && x.shape[1] % Vectors.Lanes == 0
        && x.shape[1] * x.shape[2] * x.shape[3] <= int.MaxValue / 2;

    /// <summary>Normalises, activates and drops.</summary>
    /// <param name="x">(N, C, H, W) float32, best with the channels last in memory.</param>
    /// <param name="added">Added to every pixel first, (N, C) float32; null for nothing.</param>
    /// <param name="gamma">The scale, (C,), or (N, C) for one of each image.</param>
    /// <param name="beta">The shift, as the scale.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="activates">Whether SiLU follows.</param>
    /// <param name="mask">Dropout after that; its default for none.</param>
    /// <returns>Shaped as x, with the channels last in memory; belongs to the dispose scope in force.</returns>
    public static Tensor Of(Tensor x, Tensor? added, Tensor gamma, Tensor beta, int groups, double epsilon, bool activates, DropoutMask mask)
    {
        NormalizationShape shape = new((int)x.shape[0], (int)(x.shape[2] * x.shape[3]), (int)x.shape[1], groups, epsilon, activates);
        Call call = new(shape, mask);
        if (is_grad_enabled())
            return apply(x, gamma, beta, added!, call);
        (Tensor y, Tensor moments) = Forward(x, added, gamma, beta, call);
        moments.Dispose();
        return y;
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor x, Tensor gamma, Tensor beta, Tensor? added, Call call) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor?)vars[3], (Call)vars[4]);
        using IDisposable quiet = no_grad();
        (Tensor y, Tensor moments) = Forward(x, added, gamma, beta, call);
        ctx.save_for_backward(added is null ? [x, gamma, beta, moments] : [x, gamma, beta, moments, added]);
        ctx.save_data(Settings, call);
        return y;
    }

    /// <inheritdoc/>
    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Call call = (Call)ctx.get_data(Settings);
        List<Tensor> saved = BackwardPass.TakeSaved(ctx);
        Tensor x = LastChannels.Pixels(saved[0]), dy = LastChannels.Pixels(grad_output);
        Tensor dx = empty_like(x);
        Tensor? added = saved.Count > 4 ? saved[4].contiguous() : null;
        Tensor? addedGradient = added is null ? null : empty_like(added);
        NormalizationShape shape = call.Shape;
        double[] parts = GC.AllocateUninitializedArray<double>(shape.Images * 2 * shape.Channels, pinned: true);
        NormalizationBackward work = new()
        {
            Forward = Work(call, x, added, saved[1], saved[2], saved[3]),
            OutputGradient = Vectors.Of(dy),
            InputGradient = Vectors.Of(dx),
            AddedGradient = Vectors.Of(addedGradient),
            ParameterGradients = (double*)Unsafe.AsPointer(ref parts[0]),
        };
        ThreadTeam.Run(shape.Images, &NormalizationBackward.Do<Lanes16>, &NormalizationBackward.Do<Lanes8>, &work);

        Tensor parameters = work.Forward.IsPerImage ? tensor(Array.ConvertAll(parts, part => (float)part), [shape.Images, 2 * shape.Channels]) : tensor(Sums(parts, 2 * shape.Channels));
        return BackwardPass.Return(
            grad_output, dx.permute(0, 3, 1, 2), parameters.narrow(-1, 0, shape.Channels), parameters.narrow(-1, shape.Channels, shape.Channels), addedGradient, null);
    }

    // Adds the images' parts in their order, so that the sum does not depend on the threads.
    private static float[] Sums(double[] parts, int width)
    {
        float[] sums = new float[width];
        for (int i = 0; i < width; i++)
        {
            double sum = 0;
            for (int image = 0; image < parts.Length / width; image++)
                sum += parts[image * width + i];
            sums[i] = (float)sum;
        }

        return sums;
    }

    private static unsafe (Tensor Y, Tensor Moments) Forward(Tensor input, Tensor? added, Tensor gamma, Tensor beta, Call call)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = LastChannels.Pixels(input);
        Tensor? addend = added?.contiguous();
        Tensor y = empty_like(x);
        Tensor moments = empty(call.Shape.Images, 2, call.Shape.Groups, dtype: ScalarType.Float64);
        NormalizationForward work = Work(call, x, addend, gamma, beta, moments) with { Y = Vectors.Of(y) };
        ThreadTeam.Run(call.Shape.Images, &NormalizationForward.Do<Lanes16>, &NormalizationForward.Do<Lanes8>, &work);
        return (y.permute(0, 3, 1, 2).MoveToOuterDisposeScope(), moments.MoveToOuterDisposeScope());
    }

    private static unsafe NormalizationForward Work(Call call, Tensor x, Tensor? added, Tensor gamma, Tensor beta, Tensor moments) => new()
    {
        Shape = call.Shape, X = Vectors.Of(x), Added = Vectors.Of(added), Gamma = Vectors.Of(gamma), Beta = Vectors.Of(beta), IsPerImage = gamma.dim() == 2,
        Moments = (double*)Vectors.Of(moments), Mask = call.Mask,
    };

    private sealed record Call(NormalizationShape Shape, DropoutMask Mask);
}
