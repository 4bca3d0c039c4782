using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Predictions;

/// <summary>TODO.</summary>
[Kind("epsilon", Summary = "TODO", Source = "TODO")]
public sealed record EpsilonPrediction : Prediction;
