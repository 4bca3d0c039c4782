using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>The share of drawn images that look like true ones.</summary>
[Kind("precision", Summary = "share of drawn images within the manifold of the true ones; keeps the features of every image", Source = "Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 2")]
public sealed record PrecisionMetric : ManifoldMetric
{
    /// <inheritdoc/>
    private protected override (double Share, long Images) Of(PrecisionRecall both, long samples, long reference) => (both.Precision, samples);
}
