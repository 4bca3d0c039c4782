using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>The two products of attention and the softmax between them.</summary>
/// <remarks>
/// On the CPU as one operation that never holds the weights of all queries: libtorch writes them to memory several times, keeps them for the backward pass, and its
/// products reach little of what this machine's convolutions do.
/// </remarks>
internal sealed class AttentionProducts : autograd.SingleTensorFunction<AttentionProducts>
{
    private const string Settings = "settings";
    private const int FewestPixels = 64;

    /// <inheritdoc/>
    public override string Name => nameof(AttentionProducts);

    /// <summary>Whether it can be done, and pays: float32 on a CPU with vectors of 16 numbers, as many channels or a multiple, and so many pixels that libtorch's operators take longer.</summary>
    /// <param name="q">Queries, (N, T, C).</param>
    public static bool Fits(Tensor q) =>
        Vectors.AreFast && q.shape[1] >= FewestPixels && q.device_type == DeviceType.CPU && q.dtype == ScalarType.Float32 && MixedPrecision.InForce == Precision.Float32 && q.shape[2] % Vectors.Lanes == 0
        && q.shape[1] * Math.Max(q.shape[1], q.shape[2]) <= int.MaxValue / 16;

    /// <summary>softmax(scale q kᵀ) v.</summary>
    /// <param name="q">Queries, (N, T, C).</param>
    /// <param name="k">Keys, (N, T, C).</param>
    /// <param name="v">Values, (N, T, C).</param>
    /// <param name="scale">What the products of queries and keys are multiplied by.</param>
    /// <returns>(N, T, C); belongs to the dispose scope in force.</returns>
    public static Tensor Of(Tensor q, Tensor k, Tensor v, double scale)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor queries, Tensor keys, Tensor values) = (q.contiguous(), k.contiguous(), v.contiguous());
        AttentionShape shape = new((int)q.shape[0], (int)q.shape[1], (int)q.shape[2], (float)scale);
        return (is_grad_enabled() ? apply(queries, keys, values, shape) : Forward(queries, keys, values, shape).Y).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor q, Tensor k, Tensor v, AttentionShape shape) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (AttentionShape)vars[3]);
        using IDisposable quiet = no_grad();
        (Tensor y, Tensor moments) = Forward(q, k, v, shape);
        ctx.save_for_backward([q, k, v, moments]);
        ctx.save_data(Settings, shape);
        return y;
    }

    /// <inheritdoc/>
    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        AttentionShape shape = (AttentionShape)ctx.get_data(Settings);
        List<Tensor> saved = BackwardPass.TakeSaved(ctx);
        Tensor dy = grad_output.contiguous();
        Tensor dq = empty_like(saved[0]), dk = empty_like(saved[1]), dv = empty_like(saved[2]);
        AttentionBackward work = new()
        {
            Forward = new AttentionForward { Shape = shape, Q = Vectors.Of(saved[0]), K = Vectors.Of(saved[1]), V = Vectors.Of(saved[2]), Moments = Vectors.Of(saved[3]) },
            OutputGradient = Vectors.Of(dy),
            QueryGradient = Vectors.Of(dq),
            KeyGradient = Vectors.Of(dk),
            ValueGradient = Vectors.Of(dv),
        };
        ThreadTeam.Run(shape.Images, &AttentionBackward.Do<Lanes16>, &AttentionBackward.Do<Lanes8>, &work);
        return BackwardPass.Return(grad_output, dq, dk, dv, null);
    }

    private static unsafe (Tensor Y, Tensor Moments) Forward(Tensor q, Tensor k, Tensor v, AttentionShape shape)
    {
        Tensor y = empty_like(q);
        Tensor moments = empty(shape.Images, shape.Pixels, 2);
        AttentionForward work = new() { Shape = shape, Q = Vectors.Of(q), K = Vectors.Of(k), V = Vectors.Of(v), Y = Vectors.Of(y), Moments = Vectors.Of(moments) };
        ThreadTeam.Run(shape.Images, &AttentionForward.Do<Lanes16>, &AttentionForward.Do<Lanes8>, &work);
        return (y, moments);
    }
}
