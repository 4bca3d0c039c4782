using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The samplers that go down a ladder of noise levels; they differ in the step from one level to the next.</summary>
/// <remarks>Karras et al. 2022 (arXiv:2206.00364), section 3 and appendix C.3: a network of discrete timesteps is asked at the time that has the level's noise.</remarks>
public abstract record LadderSampler : Sampler, IRunCheck
{
    /// <summary>Sampling steps: noise levels above 0.</summary>
    [Description("sampling steps: noise levels above 0")]
    [Range(2, int.MaxValue)]
    public int Steps { get; init; } = 18;

    /// <summary>How the levels are spaced: a name of <see cref="SigmaLadder"/>.</summary>
    [Description("how noise levels are spaced: karras, exponential (evenly in their logarithm), timesteps (those of evenly spaced timesteps)")]
    [AllowedValues(SigmaLadder.Karras, SigmaLadder.Exponential, SigmaLadder.Timesteps)]
    public string Ladder { get; init; } = SigmaLadder.Karras;

    /// <summary>How the levels of a Karras ladder crowd towards the lowest: their rho-th roots are evenly spaced.</summary>
    [Description("how the levels of a karras ladder crowd towards the lowest: their rho-th roots are evenly spaced")]
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
        => SigmaWalk.Run(model, network, request, Levels, ClipDenoised, Move);

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => SamplerChecks.RequireContinuous(run, path, time => SigmaLadder.Ends(time, SigmaMin, SigmaMax));

    /// <summary>Goes from one level to the next; see <see cref="SigmaWalk.Move"/>.</summary>
    private protected abstract Tensor Move(Func<Tensor, double, Tensor> denoise, Tensor x, double sigma, double next, Func<Tensor> noise);

    private double[] Levels(ContinuousTime time)
    {
        (double min, double max) = SigmaLadder.Ends(time, SigmaMin, SigmaMax);
        return SigmaLadder.Divide(Ladder, time, Steps, min, max, Rho);
    }
}
