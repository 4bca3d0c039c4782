using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Diffusion;

/// <summary>Steers a reverse step by the gradient of ln p(y | x_t), as a classifier of noisy images gives it.</summary>
/// <remarks>Dhariwal and Nichol 2021 (arXiv:2105.05233), section 4. A guidance scale is a factor of the gradient.</remarks>
public static class ClassifierGuidance
{
    /// <summary>Moves the mean of p(x_{t-1} | x_t): for samplers that draw from it.</summary>
    /// <param name="step">The step without guidance.</param>
    /// <param name="gradient">Gradient of ln p(y | x_t) by x_t, shaped as the mean.</param>
    /// <returns>The guided step; its mean is new and belongs to the dispose scope in force.</returns>
    /// <remarks>Its algorithm 1; condition_mean of guided-diffusion.</remarks>
    public static ReverseStep ConditionMean(ReverseStep step, Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        return step with { Mean = (step.Mean + step.Variance * gradient).MoveToOuterDisposeScope() };
    }

    /// <summary>Moves the noise that the step found, and with it image and mean: for samplers that follow the probability flow.</summary>
    /// <param name="process">The process that the step is of.</param>
    /// <param name="step">The step without guidance.</param>
    /// <param name="xt">(N, C, H, W).</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="gradient">Gradient of ln p(y | x_t) by x_t, shaped as xt.</param>
    /// <returns>The guided step; its image, which is not clipped again, and mean are new and belong to the dispose scope in force.</returns>
    /// <remarks>Its algorithm 2: eps - sqrt(1 - alphaBar) gradient; condition_score of guided-diffusion.</remarks>
    public static ReverseStep ConditionScore(GaussianDiffusion process, ReverseStep step, Tensor xt, Tensor t, Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor sigma = process.Extract(process.SqrtOneMinusAlphasCumprod, t, xt);
        Tensor predX0 = step.PredX0 + sigma.square() * process.Extract(process.SqrtRecipAlphasCumprod, t, xt) * gradient;
        Tensor mean = process.QPosteriorMean(predX0, xt, t);
        return step with { PredX0 = predX0.MoveToOuterDisposeScope(), Mean = mean.MoveToOuterDisposeScope() };
    }
}
