using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

/// <summary>What holds for every convolution of our own.</summary>
internal static class ConvolutionChecks
{
    /// <summary>It is libtorch's convolution in double precision, with its gradients, and the same to the last bit in either layout.</summary>
    public static void AssertConvolves(Func<Tensor, Tensor, Tensor, Tensor> convolve, long[] input, long[] kernel, long padding, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Normal(1, input).requires_grad_(), bias = Normal(3, kernel[0]).requires_grad_();
        Tensor weight = (Normal(2, kernel) / Math.Sqrt(kernel[1] * kernel[2] * kernel[3])).detach().requires_grad_();
        Tensor[] exact = [.. new[] { x, weight, bias }.Select(one => one.detach().to(float64).requires_grad_())];
        Tensor expected = nn.functional.conv2d(exact[0], exact[1], exact[2], padding: [padding, padding]);
        Tensor dy = Normal(4, expected.shape);
        expected.backward([dy.to(float64)]);

        Tensor y = convolve(x, weight, bias);
        y.backward([dy]);

        AssertNear(expected, y, tolerance);
        AssertNear(exact[0].grad!, x.grad!, tolerance);
        AssertNear(exact[1].grad!, weight.grad!, tolerance);
        AssertNear(exact[2].grad!, bias.grad!, tolerance);
        using IDisposable quiet = no_grad();
        AssertEqual(convolve(LastChannels.Of(x), LastChannels.Of(weight), bias), y);
    }

    /// <summary>Output and gradients are the same to the last bit on one thread and on three.</summary>
    public static void AssertSameOnOtherThreads(Func<Tensor, Tensor, Tensor, Tensor> convolve, long[] input, long[] kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        int before = get_num_threads();
        try
        {
            foreach ((Tensor one, Tensor three) in Pass(1).Zip(Pass(3)))
                AssertEqual(one, three);
        }
        finally
        {
            set_num_threads(before);
        }

        Tensor[] Pass(int threads)
        {
            set_num_threads(threads);
            Tensor x = Normal(1, input).requires_grad_(), weight = Normal(2, kernel).requires_grad_(), bias = Normal(3, kernel[0]).requires_grad_();
            Tensor y = convolve(x, weight, bias);
            y.backward([Normal(4, y.shape)]);
            return [y, x.grad!, weight.grad!, bias.grad!];
        }
    }

    /// <summary>An image comes out the same to the last bit whatever lies beside it.</summary>
    public static void AssertSameAlone(Func<Tensor, Tensor, Tensor, Tensor> convolve, long[] input, long[] kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor x = Normal(1, input), weight = Normal(2, kernel), bias = Normal(3, kernel[0]);
        Tensor together = convolve(x, weight, bias);
        for (int i = 0; i < input[0]; i++)
            AssertEqual(together[i..(i + 1)], convolve(x[i..(i + 1)], weight, bias));
    }

    private static void AssertEqual(Tensor expected, Tensor found) => Assert.True(expected.equal(found).all().item<bool>());
}
