namespace DdpmJobs.Model.Training;

/// <summary>TODO family.</summary>
public abstract record Ema;
