using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>The held-out images: a network that learnt the training images by heart is not favoured.</summary>
[Kind("test", Summary = "the held-out images", Source = "Ho et al. 2020 (arXiv:2006.11239), section 4.1, has 5.24 beside 3.17")]
public sealed record TestReference : SplitReference
{
    /// <inheritdoc/>
    internal override string SplitName => Datasets.SplitName.Test;
}
