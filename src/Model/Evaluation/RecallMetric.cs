using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>The share of true images that the drawn ones cover.</summary>
[Kind("recall", Summary = "share of true images within the manifold of the drawn ones; keeps the features of every image", Source = "Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 2")]
public sealed record RecallMetric : ManifoldMetric
{
    /// <inheritdoc/>
    private protected override (double Share, long Images) Of(PrecisionRecall both, long samples, long reference) => (both.Recall, reference);
}
