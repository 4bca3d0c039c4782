using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Goes below each noise level by an Euler step and back up to it with fresh noise, as ancestral sampling does.</summary>
[Kind("euler_ancestral", Summary = "Euler steps down a ladder of noise levels, with noise added back", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 7, on the levels of Karras et al. 2022 (arXiv:2206.00364), eq. 5")]
public sealed record EulerAncestralSampler : LadderSampler
{
    /// <summary>Share of the posterior's noise that is added: 0 is <see cref="EulerSampler"/>.</summary>
    [Description("share of the noise that is added back: 0 is euler")]
    [Range(0.0, 1.0)]
    public double Eta { get; init; } = 1;

    /// <inheritdoc/>
    public override bool AddsNoise => Eta > 0;

    private protected override Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise)
    {
        // The posterior's variance between the two levels is the noise added; the rest of the level below is reached without.
        double up = Math.Min(next, Eta * next * Math.Sqrt(1 - next * next / (sigma * sigma)));
        double down = Math.Sqrt(next * next - up * up);
        Tensor lower = x + (down - sigma) * SigmaWalk.Slope(x, denoise(x, sigma), sigma);
        return up == 0 ? lower : lower + up * noise();
    }
}
