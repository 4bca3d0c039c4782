using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Predictions;

/// <summary>TODO.</summary>
[Kind("v", Summary = "TODO", Source = "TODO")]
public sealed record VPrediction : Prediction;
