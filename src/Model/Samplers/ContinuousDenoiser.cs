using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>A network asked for images at any time of the process: what samplers that step between timesteps share.</summary>
/// <param name="model">The model of all timesteps.</param>
/// <param name="network">Is handed fractional timesteps of that model.</param>
/// <param name="request">Which samples, and where.</param>
/// <param name="clipDenoised">Whether predicted images are clipped to [-1, 1].</param>
internal sealed class ContinuousDenoiser(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, bool clipDenoised)
{
    /// <summary>The process between its timesteps.</summary>
    public ContinuousTime Time { get; } = new(model.Process);

    /// <summary>Calls the network once.</summary>
    /// <param name="xt">(N, C, H, W) floating.</param>
    /// <param name="t">Time, 0 to the last timestep.</param>
    /// <returns>The predicted image, shaped as xt; belongs to the dispose scope in force.</returns>
    /// <exception cref="OperationCanceledException">The request's stop was asked for.</exception>
    public Tensor PredX0(Tensor xt, double t)
    {
        request.Stop.ThrowIfCancellationRequested();
        using DisposeScope scope = NewDisposeScope();
        Tensor at = full(request.Count, t, dtype: xt.dtype, device: xt.device);
        Tensor output = network(xt, at);
        request.OnNetworkCall?.Invoke();

        // Read the output by a process of one step that has this alphaBar; a prediction that is local in time cannot tell the difference.
        double sigma = Time.Sigma(t);
        GaussianDiffusion instant = new([sigma * sigma]);
        Tensor first = zeros(request.Count, dtype: ScalarType.Int64, device: xt.device);
        Tensor predX0 = model.Prediction.PredictX0(instant, model.PredictionChannels(output), xt, first);
        if (clipDenoised)
            predX0 = predX0.clamp(-1, 1);

        // Guidance takes sigma times the gradient from eps.
        if (request.Guidance is not null)
            predX0 += sigma * sigma / Time.Alpha(t) * request.Guidance(xt, at);
        request.OnPrediction?.Invoke(t, predX0);
        return predX0.MoveToOuterDisposeScope();
    }

    /// <summary>The noise that makes xt out of an image.</summary>
    /// <param name="xt">(N, C, H, W) floating.</param>
    /// <param name="predX0">The image, shaped as xt.</param>
    /// <param name="t">Time, 0 to the last timestep.</param>
    /// <returns>Shaped as xt; belongs to the dispose scope in force.</returns>
    public Tensor Eps(Tensor xt, Tensor predX0, double t) => (xt - Time.Alpha(t) * predX0) / Time.Sigma(t);
}
