using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>Refuses tensors that are no features.</summary>
internal static class FeatureChecks
{
    /// <summary>Requires finite rows of one width.</summary>
    /// <param name="features">Should be (N, D), floating-point.</param>
    /// <param name="dimensions">D.</param>
    /// <param name="first">Number of the first row's sample, for the message.</param>
    /// <exception cref="ArgumentException">They are not; the message says the shape, or the sample and the value.</exception>
    public static void Require(Tensor features, long dimensions, long first = 0)
    {
        if (features.dim() != 2 || features.shape[1] != dimensions || !features.is_floating_point())
            throw new ArgumentException($"Features must be (N, {dimensions}) and floating-point; got ({string.Join(", ", features.shape)}) {features.dtype}.", nameof(features));
        using Tensor finite = features.isfinite();
        using Tensor all = finite.all();
        if (all.item<bool>())
            return;
        using Tensor wrong = finite.logical_not().nonzero();
        (long row, long column) = (wrong[0, 0].item<long>(), wrong[0, 1].item<long>());
        throw new ArgumentException(FormattableString.Invariant(
            $"Feature {column} of sample {first + row} is {features[row, column].to(ScalarType.Float64).item<double>()}; features must be finite."), nameof(features));
    }

    /// <summary>Requires two sets of finite rows of one width.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void RequirePair(Tensor generated, Tensor real)
    {
        if (generated.dim() != 2 || real.dim() != 2 || generated.shape[1] != real.shape[1])
        {
            throw new ArgumentException(
                $"Features of both sets must be (N, D) with the same D; got ({string.Join(", ", generated.shape)}) generated and ({string.Join(", ", real.shape)}) real.", nameof(generated));
        }

        Require(generated, generated.shape[1]);
        Require(real, real.shape[1]);
    }
}
