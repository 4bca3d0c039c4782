using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>Decides from what each step measured whether the training has diverged. Told of every step once and in order, it decides the same after a resume.</summary>
/// <param name="spec">The bound on the loss.</param>
internal sealed class DivergenceWatch(DivergenceSpec spec)
{
    /// <summary>The bound.</summary>
    public DivergenceSpec Spec { get; } = spec;

    /// <summary>Steps in a row, up to the last one observed, whose loss was over the bound; one whole number, as a float for the checkpoint.</summary>
    public float[] StepsOver { get; } = [0];

    /// <summary>Looks at the next step.</summary>
    /// <param name="loss">Its loss.</param>
    /// <param name="gradNorm">Its gradient norm before clipping.</param>
    /// <returns>What is wrong; null for a sound step.</returns>
    public DivergenceCause? Observe(double loss, double gradNorm)
    {
        if (!double.IsFinite(loss))
            return DivergenceCause.Loss;
        if (!double.IsFinite(gradNorm))
            return DivergenceCause.Gradient;
        StepsOver[0] = loss > Spec.LossAbove ? StepsOver[0] + 1 : 0;
        return StepsOver[0] >= Spec.ForSteps ? DivergenceCause.Bound : null;
    }
}
