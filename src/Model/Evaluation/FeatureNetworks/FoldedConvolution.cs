using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>A convolution without bias and the batch normalisation after it, in evaluation mode, as one convolution.</summary>
/// <remarks>
/// The normalisation is a scale and a shift a channel: w' = w γ / sqrt(σ² + ε), b' = β - μ γ / sqrt(σ² + ε), taken in double precision at loading. What comes out differs from
/// the two operations by float32 rounding.
/// </remarks>
internal sealed class FoldedConvolution : IDisposable
{
    private readonly Tensor _weight;
    private readonly Tensor _bias;
    private readonly long[] _same;

    private FoldedConvolution(Tensor weight, Tensor bias, long[] same) => (_weight, _bias, _same) = (weight, bias, same);

    /// <summary>Reads one.</summary>
    /// <param name="weights">Where from; the tensors have been checked to be there.</param>
    /// <param name="convolution">The tensor before <c>.weight</c>.</param>
    /// <param name="normalization">The tensors before <c>.weight</c>, <c>.bias</c>, <c>.running_mean</c> and <c>.running_var</c>.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="InvalidDataException">A weight is not finite.</exception>
    public static FoldedConvolution Load(StateDict weights, string convolution, string normalization, double epsilon, Device device)
    {
        float[] Read(string name) => weights.ReadFloats(weights.Tensors[$"{normalization}.{name}"]);
        ForeignTensor tensor = weights.Tensors[$"{convolution}.weight"];
        float[] weight = weights.ReadFloats(tensor);
        (float[] gamma, float[] beta, float[] mean, float[] variance) = (Read("weight"), Read("bias"), Read("running_mean"), Read("running_var"));
        float[] bias = new float[gamma.Length];
        int each = weight.Length / gamma.Length;
        for (int channel = 0; channel < gamma.Length; channel++)
        {
            double scale = gamma[channel] / Math.Sqrt(variance[channel] + epsilon);
            bias[channel] = (float)(beta[channel] - mean[channel] * scale);
            foreach (ref float value in weight.AsSpan(channel * each, each))
                value = (float)(value * scale);
        }

        if (!weight.All(float.IsFinite) || !bias.All(float.IsFinite))
            throw weights.Damaged($"{convolution} and {normalization} hold values that are not finite");

        // As the images do, the weights lie with the channels last.
        using DisposeScope scope = NewDisposeScope();
        Tensor folded = LastChannels.Of(torch.tensor(weight, [.. tensor.Shape]).to(device)).DetachFromDisposeScope();
        return new FoldedConvolution(folded, torch.tensor(bias).to(device).DetachFromDisposeScope(), [tensor.Shape[2] / 2, tensor.Shape[3] / 2]);
    }

    /// <summary>Convolves.</summary>
    /// <param name="x">(N, C, H, W) float32, the channels last in memory; used, not taken over.</param>
    /// <param name="stride">Pixels from one place to the next.</param>
    /// <param name="same">Whether the border is filled up with zeros, so that the size stays, but for the stride.</param>
    /// <returns>(N, C', H', W'); belongs to the dispose scope in force.</returns>
    public Tensor Of(Tensor x, int stride = 1, bool same = true)
    {
        if (x.device_type == DeviceType.CPU && _weight.shape[2] == 1 && _weight.shape[3] == 1 && stride == 1)
            return PixelConvolution.Convolve(x, _weight, _bias);
        if (stride == 1 && WinogradConvolution.Fits(x, _weight, same ? 1 : 0))
            return WinogradConvolution.Convolve(x, _weight, _bias, same ? 1 : 0);
        return WholeBlocks.Convolve(x, _weight, _bias, (x, weight, bias) => functional.conv2d(x, weight, bias, [stride, stride], same ? _same : [0, 0]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
