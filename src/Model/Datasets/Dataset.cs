namespace DdpmJobs.Model.Datasets;

/// <summary>TODO family.</summary>
public abstract record Dataset;
