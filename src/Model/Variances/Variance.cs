namespace DdpmJobs.Model.Variances;

/// <summary>TODO family.</summary>
public abstract record Variance;
