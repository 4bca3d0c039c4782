using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>What follows the gradient in a training step: clipping, warm-up, the optimiser and the moving averages.</summary>
internal static class WeightUpdate
{
    /// <summary>Moves the weights and their averages, in place.</summary>
    /// <param name="training">How.</param>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="values">The weights, (P,) floating; changed.</param>
    /// <param name="gradient">Their gradient, (P,); changed.</param>
    /// <param name="slots">The optimiser's buffers; changed.</param>
    /// <param name="averages">The averages in the order of the spec, (P,) each; changed.</param>
    /// <returns>The gradient's norm before clipping, a scalar in the dispose scope in force, and the learning rate of this step.</returns>
    public static (Tensor GradNorm, double LearningRate) Apply(
        TrainingSpec training, long step, Tensor values, Tensor gradient, IReadOnlyList<Tensor> slots, IReadOnlyList<Tensor> averages)
    {
        using IDisposable quiet = no_grad();

        Tensor gradNorm = Clip(gradient, training.ClipNorm);

        // Move the weights; the learning rate rises from 0, and may fall after that.
        double warmup = training.WarmupSteps == 0 ? 1 : Math.Min((double)step / training.WarmupSteps, 1); // hojonathanho/diffusion, utils.py:145-148
        double decay = training.Decay.FactorAt(step, training.WarmupSteps, training.Steps);
        double learningRate = training.Optimizer.LearningRate * warmup * decay;
        double[] kept = [.. training.Ema.Select(ema => ema.DecayAt(step))];
        training.Optimizer.Step(values, gradient, slots, step, learningRate);

        // Move their averages.
        for (int i = 0; i < averages.Count; i++)
            averages[i].lerp_(values, 1 - kept[i]);
        return (gradNorm, learningRate);
    }

    /// <summary>Scales a gradient down to a norm, in place.</summary>
    /// <param name="gradient">(P,); changed where its norm is larger.</param>
    /// <param name="most">The largest norm that it may have; 0 for any.</param>
    /// <returns>The norm that it had, a scalar in the dispose scope in force.</returns>
    public static Tensor Clip(Tensor gradient, double most)
    {
        using IDisposable quiet = no_grad();
        if (Vectors.AreFlat(gradient))
        {
            // The norm is at hand, so that nothing need be passed over where it is small enough; one that is no number goes on to the weights, and is noticed. The squares are a number
            // of single precision, as on other devices: there a gradient whose squares are out of its range is infinite.
            double here = Math.Sqrt((float)SquaredDistance.Of(gradient, null));
            if (most > 0 && !(here <= most))
                gradient.mul_(most / here);
            return tensor((float)here);
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor norm = gradient.norm();
        if (most > 0)
            gradient.mul_(norm.clamp_min(most).reciprocal_().mul_(most));
        return norm.MoveToOuterDisposeScope();
    }
}
