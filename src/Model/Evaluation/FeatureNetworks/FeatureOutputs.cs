using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>What a feature network says of images; whoever asked disposes it.</summary>
/// <param name="Features">The pooled features, (N, D) float32.</param>
/// <param name="Logits">One number a class, (N, K) float32; their softmax is the class probabilities.</param>
/// <param name="ScoreLogits">The same as the Inception score takes them, (N, K) float32: of <c>inception</c> without the last layer's bias, of the others as <paramref name="Logits"/>.</param>
public sealed record FeatureOutputs(Tensor Features, Tensor Logits, Tensor ScoreLogits) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Features.Dispose();
        Logits.Dispose();
        ScoreLogits.Dispose();
    }
}
