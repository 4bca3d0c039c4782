using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The loop that one-call-a-step samplers share: from x_T down a grid of timesteps, without gradients.</summary>
internal static class ReverseWalk
{
    /// <summary>Goes from one visited timestep to the one below it.</summary>
    /// <param name="model">The model respaced to the visited timesteps.</param>
    /// <param name="step">Network output at x_t read as p(x_{t-1} | x_t).</param>
    /// <param name="xt">(N, C, H, W).</param>
    /// <param name="i">Index of the visited timestep in the respaced model; 0 is the last step.</param>
    /// <param name="noise">Draws this step's noise, shaped as xt.</param>
    /// <returns>x at the timestep below, in the dispose scope in force.</returns>
    public delegate Tensor Move(DiffusionModel model, ReverseStep step, Tensor xt, int i, Func<Tensor> noise);

    /// <summary>Steers a step by the gradient of ln p(y | x_t).</summary>
    /// <param name="process">The process respaced to the visited timesteps.</param>
    /// <param name="step">The step without guidance.</param>
    /// <param name="xt">(N, C, H, W).</param>
    /// <param name="t">Index of the visited timestep in that process, (N,) int64.</param>
    /// <param name="gradient">Shaped as xt.</param>
    public delegate ReverseStep Guide(GaussianDiffusion process, ReverseStep step, Tensor xt, Tensor t, Tensor gradient);

    /// <summary>Draws samples.</summary>
    /// <param name="model">The model of all timesteps.</param>
    /// <param name="network">Is handed the timesteps of that model.</param>
    /// <param name="request">Which samples, and where.</param>
    /// <param name="grid">Visited timesteps, ascending.</param>
    /// <param name="clipDenoised">Whether predicted images are clipped to [-1, 1].</param>
    /// <param name="move">The sampler's step.</param>
    /// <param name="guide">How the sampler is steered where the request asks for it.</param>
    /// <param name="start">x at the last visited timestep, (Count, C, H, W); disposed. Null draws x_T.</param>
    /// <returns>(Count, C, H, W) float32; the caller disposes it.</returns>
    public static Tensor Run(
        DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, IReadOnlyList<int> grid, bool clipDenoised, Move move, Guide guide,
        Tensor? start = null)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope whole = NewDisposeScope();
        DiffusionModel respaced = model.Respaced(grid);
        Tensor xt = start ?? SampleNoise.Latent(request);

        for (int i = grid.Count - 1; i >= 0; i--)
        {
            request.Stop.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();

            // Ask the network at the process's own timestep.
            Tensor time = full(request.Count, grid[i], dtype: ScalarType.Int64, device: xt.device);
            Tensor output = network(xt, time);
            request.OnNetworkCall?.Invoke();

            // Go one visited timestep down.
            Tensor t = full(request.Count, i, dtype: ScalarType.Int64, device: xt.device);
            ReverseStep step = respaced.PMeanVariance(output, xt, t, clipDenoised);
            if (request.Guidance is not null)
                step = guide(respaced.Process, step, xt, t, request.Guidance(xt, time));
            request.OnPrediction?.Invoke(grid[i], step.PredX0);
            int samplingStep = grid.Count - 1 - i;
            Tensor next = move(respaced, step, xt, i, () => SampleNoise.Step(request, samplingStep)).MoveToOuterDisposeScope();
            xt.Dispose();
            xt = next;
        }

        return xt.MoveToOuterDisposeScope();
    }
}
