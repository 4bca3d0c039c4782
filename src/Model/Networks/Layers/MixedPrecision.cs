using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Computes the products of a network in the precision that is in force on the thread, as autocast does elsewhere: inputs are narrowed, results are widened again.</summary>
/// <remarks>
/// TorchSharp 0.107 binds no autocast. Layers hand their products here; all that lies between two products, normalisation, activation, softmax and sums among it, stays
/// in the type of the weights. The narrowing is part of the graph, so the gradients arrive in that type too.
/// </remarks>
internal static class MixedPrecision
{
    [ThreadStatic]
    private static Precision _inForce;

    /// <summary>The precision in force on this thread.</summary>
    public static Precision InForce => _inForce;

    /// <summary>Puts a precision in force on this thread.</summary>
    /// <returns>Disposing it puts the one before in force again.</returns>
    public static IDisposable Use(Precision precision)
    {
        Span before = new(_inForce);
        _inForce = precision;
        return before;
    }

    /// <summary>A block that computes in the precision that is in force now, whatever thread calls it later: libtorch takes gradients on threads of its own where there is a GPU.</summary>
    public static Func<Tensor, Tensor, Tensor, Tensor> Carried(Func<Tensor, Tensor, Tensor, Tensor> block)
    {
        Precision precision = _inForce;
        return precision == Precision.Float32 ? block : (shortcut, x, time) =>
        {
            using IDisposable carried = Use(precision);
            return block(shortcut, x, time);
        };
    }

    /// <summary>A layer's product.</summary>
    /// <param name="x">The input.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="bias">The bias.</param>
    /// <param name="product">The product of the three.</param>
    /// <returns>Of the weight's type; belongs to the dispose scope in force.</returns>
    public static Tensor Product(Tensor x, Tensor weight, Tensor bias, Func<Tensor, Tensor, Tensor, Tensor> product)
    {
        if (_inForce == Precision.Float32)
            return product(x, weight, bias);
        using DisposeScope scope = NewDisposeScope();
        return product(Narrowed(x), Narrowed(weight), Narrowed(bias)).to(weight.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The products of two batches of matrices.</summary>
    /// <param name="a">(N, R, K).</param>
    /// <param name="b">(N, K, C).</param>
    /// <returns>(N, R, C) of a's type; belongs to the dispose scope in force.</returns>
    public static Tensor Product(Tensor a, Tensor b)
    {
        if (_inForce == Precision.Float32)
            return torch.bmm(a, b);
        using DisposeScope scope = NewDisposeScope();
        return torch.bmm(Narrowed(a), Narrowed(b)).to(a.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor Narrowed(Tensor tensor) => tensor.to(ScalarType.BFloat16);

    private sealed class Span(Precision before) : IDisposable
    {
        public void Dispose() => _inForce = before;
    }
}
