using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Weightings;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>Squared error of the predicted image with a weighting over t of one's choice. The weighting, and not the prediction, then decides what is learned well.</summary>
[Kind("weighted", Summary = "squared error of the image with any weighting over t", Source = "Kingma and Gao 2023 (arXiv:2303.00848)")]
public sealed record WeightedObjective : Objective
{
    /// <summary>The weight of the image's squared error.</summary>
    [Description("the weight of the image's squared error over t")]
    public Weighting Weighting { get; init; } = new SnrPowerWeighting();

    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs) => SquaredError.WeightedOnX0(inputs, Weighting.OnX0);
}
