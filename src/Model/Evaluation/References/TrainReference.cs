using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>The images that are trained on: what published FIDs of CIFAR-10 compare with.</summary>
[Kind("train", Summary = "the training images, as published FIDs of CIFAR-10", Source = "Ho et al. 2020 (arXiv:2006.11239), table 1")]
public sealed record TrainReference : SplitReference
{
    /// <inheritdoc/>
    internal override string SplitName => Datasets.SplitName.Train;
}
