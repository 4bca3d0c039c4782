using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Solves the probability flow by Heun steps down a ladder of noise levels; without noise. The last step, to no noise, is an Euler step.</summary>
[Kind("heun", Summary = "Heun steps of order 2 down a ladder of noise levels, two calls each", Source = "Karras et al. 2022 (arXiv:2206.00364), algorithm 1 and eq. 5")]
public sealed record HeunSampler : LadderSampler
{
    /// <inheritdoc/>
    public override int NetworkEvaluations(int timesteps) => 2 * Steps - 1;

    private protected override Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise)
    {
        Tensor slope = SigmaWalk.Slope(x, denoise(x, sigma), sigma);
        Tensor guess = x + (next - sigma) * slope;
        return next == 0 ? guess : x + (next - sigma) * 0.5 * (slope + SigmaWalk.Slope(guess, denoise(guess, next), next));
    }
}
