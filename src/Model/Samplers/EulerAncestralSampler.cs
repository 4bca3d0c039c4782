using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Goes below each noise level by an Euler step and back up to it with fresh noise, as ancestral sampling does.</summary>
[Kind("euler_ancestral", Summary = "Euler steps down a ladder of noise levels, with noise added back", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 7, on the levels of Karras et al. 2022 (arXiv:2206.00364), eq. 5")]
public sealed record EulerAncestralSampler : Sampler, IRunCheck
{
    /// <summary>Sampling steps: noise levels above 0.</summary>
    [Description("sampling steps: noise levels above 0")]
    [Range(2, int.MaxValue)]
    public int Steps { get; init; } = 18;

    /// <summary>Share of the posterior's noise that is added: 0 is <see cref="EulerSampler"/>.</summary>
    [Description("share of the noise that is added back: 0 is euler")]
    [Range(0.0, 1.0)]
    public double Eta { get; init; } = 1;

    /// <summary>How the levels crowd towards the lowest: their rho-th roots are evenly spaced.</summary>
    [Description("how noise levels crowd towards the lowest: their rho-th roots are evenly spaced")]
    [Range(1.0, 100.0)]
    public double Rho { get; init; } = 7;

    /// <summary>The lowest noise level above 0; null for that of timestep 0.</summary>
    [Description("lowest noise level above 0; null for that of timestep 0")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double? SigmaMin { get; init; }

    /// <summary>The highest noise level; null for that of the last timestep, but at most 164.</summary>
    [Description("highest noise level; null for that of the last timestep, but at most 164")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double? SigmaMax { get; init; }

    /// <summary>Whether predicted images are clipped to [-1, 1] at every call.</summary>
    [Description("clip predicted images to [-1, 1] at every call")]
    public bool ClipDenoised { get; init; } = true;

    /// <inheritdoc/>
    public override bool AddsNoise => Eta > 0;

    /// <inheritdoc/>
    public override int NetworkEvaluations(int timesteps) => Steps;

    /// <inheritdoc/>
    public override Tensor Sample(DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request)
        => SigmaWalk.Run(model, network, request, Ladder, ClipDenoised, Move);

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => SamplerChecks.RequireContinuous(run, path, time => SigmaLadder.Ends(time, SigmaMin, SigmaMax));

    private double[] Ladder(ContinuousTime time)
    {
        (double min, double max) = SigmaLadder.Ends(time, SigmaMin, SigmaMax);
        return SigmaLadder.Karras(Steps, min, max, Rho);
    }

    private Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise)
    {
        // The posterior's variance between the two levels is the noise added; the rest of the level below is reached without.
        double up = Math.Min(next, Eta * next * Math.Sqrt(1 - next * next / (sigma * sigma)));
        double down = Math.Sqrt(next * next - up * up);
        Tensor lower = x + (down - sigma) * SigmaWalk.Slope(x, denoise(x, sigma), sigma);
        return up == 0 ? lower : lower + up * noise();
    }
}
