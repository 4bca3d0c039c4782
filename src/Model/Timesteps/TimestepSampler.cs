namespace DdpmJobs.Model.Timesteps;

/// <summary>TODO family.</summary>
public abstract record TimestepSampler;
