using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Solves the probability flow by Euler steps down a ladder of noise levels; without noise.</summary>
[Kind("euler", Summary = "Euler steps down a ladder of noise levels", Source = "Karras et al. 2022 (arXiv:2206.00364), eq. 3 and 5")]
public sealed record EulerSampler : Sampler, IRunCheck
{
    /// <summary>Sampling steps: noise levels above 0.</summary>
    [Description("sampling steps: noise levels above 0")]
    [Range(2, int.MaxValue)]
    public int Steps { get; init; } = 18;

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

    private static Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise)
        => x + (next - sigma) * SigmaWalk.Slope(x, denoise(x, sigma), sigma);
}
