namespace DdpmJobs.Model.Evaluation;

/// <summary>TODO family.</summary>
public abstract record Metric;
