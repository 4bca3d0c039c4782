namespace DdpmJobs.Model.Training;

/// <summary>What was wrong with the step that a training diverged at.</summary>
public enum DivergenceCause
{
    /// <summary>The loss is NaN or infinite.</summary>
    Loss,

    /// <summary>The gradient's norm is NaN or infinite, though the loss is not.</summary>
    Gradient,

    /// <summary>Loss and gradient are finite, but the weights that came of them are not.</summary>
    Weights,

    /// <summary>The loss was over <see cref="Specs.DivergenceSpec.LossAbove"/> for <see cref="Specs.DivergenceSpec.ForSteps"/> steps, of which this is the last.</summary>
    Bound,
}
