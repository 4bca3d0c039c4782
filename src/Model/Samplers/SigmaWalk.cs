using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The loop that samplers on a ladder of noise levels share: x is x_t / sqrt(alphaBar), an image with noise of standard deviation sigma.</summary>
internal static class SigmaWalk
{
    /// <summary>Goes from one level to the next.</summary>
    /// <param name="denoise">Calls the network: (x, sigma) to the predicted image. Must not be called at sigma 0.</param>
    /// <param name="x">(N, C, H, W) at sigma.</param>
    /// <param name="sigma">This level.</param>
    /// <param name="next">The level below; 0 at the end.</param>
    /// <param name="noise">Draws this step's noise, shaped as x.</param>
    /// <returns>x at the level below; belongs to the dispose scope in force.</returns>
    public delegate Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise);

    /// <summary>Draws samples.</summary>
    /// <param name="model">The model of all timesteps.</param>
    /// <param name="network">Is handed fractional timesteps of that model.</param>
    /// <param name="request">Which samples, and where.</param>
    /// <param name="ladder">The process between its timesteps to falling levels, the last 0.</param>
    /// <param name="clipDenoised">Whether predicted images are clipped to [-1, 1].</param>
    /// <param name="move">The sampler's step.</param>
    /// <returns>(Count, C, H, W); the caller disposes it.</returns>
    public static Tensor Run(
        DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, Func<ContinuousTime, double[]> ladder, bool clipDenoised, Move move)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope whole = NewDisposeScope();
        ContinuousDenoiser denoiser = new(model, network, request, clipDenoised);
        double[] sigmas = ladder(denoiser.Time);
        Tensor x = sigmas[0] * SampleNoise.Latent(request);
        for (int i = 0; i + 1 < sigmas.Length; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            int step = i;
            Tensor next = move(Denoise, x, sigmas[i], sigmas[i + 1], () => SampleNoise.Step(request, step)).MoveToOuterDisposeScope();
            x.Dispose();
            x = next;
        }

        return x.MoveToOuterDisposeScope();

        // The network knows x scaled back to variance 1, and the timestep with this noise.
        Tensor Denoise(Tensor at, double sigma) => denoiser.PredX0(at / Math.Sqrt(1 + sigma * sigma), denoiser.Time.TimeAt(-Math.Log(sigma)));
    }

    /// <summary>The slope of the probability flow, dx / dsigma.</summary>
    /// <remarks>Karras et al. 2022 (arXiv:2206.00364), eq. 1 and 3.</remarks>
    public static Tensor Slope(Tensor x, Tensor predX0, double sigma) => (x - predX0) / sigma;
}
