using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>The squared error of what the network predicts, which most objectives weigh over t.</summary>
internal static class SquaredError
{
    /// <summary>The squared error of an output that is there.</summary>
    /// <param name="inputs">Batch and model.</param>
    /// <param name="output">The network's output at (x_t, t).</param>
    /// <param name="xt">x_t, shaped as the images.</param>
    /// <returns>(N,) of the output's type, mean over channels, rows and columns; belongs to the dispose scope in force.</returns>
    public static Tensor Of(ObjectiveInputs inputs, Tensor output, Tensor xt)
    {
        Tensor target = inputs.Model.Prediction.Target(inputs.Model.Process, inputs.X0, xt, inputs.T, inputs.Noise);
        return (inputs.Model.PredictionChannels(output) - target).square().mean([1, 2, 3]);
    }

    /// <summary>The squared error of the predicted image (not clipped), weighted: whatever the network predicts, one weighting is one loss.</summary>
    /// <param name="inputs">Batch and model.</param>
    /// <param name="weight">From process, t and a tensor that gives type and device to the weight of the image's squared error, (N, 1, 1, 1) float64.</param>
    /// <returns>(N,) float32; the caller disposes it.</returns>
    /// <remarks>The image's error is the output's times <see cref="Predictions.Prediction.X0ErrorScale"/>. The product of the two weights is formed first: at the ends of time each alone is extreme.</remarks>
    public static Tensor WeightedOnX0(ObjectiveInputs inputs, Func<GaussianDiffusion, Tensor, Tensor, Tensor> weight)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = inputs.Model.Process.QSample(inputs.X0, inputs.T, inputs.Noise);
        Tensor errors = Of(inputs, inputs.Network(xt, inputs.T), xt);
        Tensor like = empty(1, dtype: ScalarType.Float64, device: xt.device);
        Tensor weights = weight(inputs.Model.Process, inputs.T, like) * inputs.Model.Prediction.X0ErrorScale(inputs.Model.Process, inputs.T, like).square();
        return (weights.reshape(-1) * errors).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
