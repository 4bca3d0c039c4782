namespace DdpmJobs.Model.Samplers;

/// <summary>TODO family.</summary>
public abstract record Sampler;
