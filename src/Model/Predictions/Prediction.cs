namespace DdpmJobs.Model.Predictions;

/// <summary>TODO family.</summary>
public abstract record Prediction;
