using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Solves the probability flow by Euler steps down a ladder of noise levels; without noise.</summary>
[Kind("euler", Summary = "Euler steps down a ladder of noise levels", Source = "Karras et al. 2022 (arXiv:2206.00364), eq. 3 and 5")]
public sealed record EulerSampler : LadderSampler
{
    private protected override Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise)
        => x + (next - sigma) * SigmaWalk.Slope(x, denoise(x, sigma), sigma);
}
