namespace DdpmJobs.Model.Networks;

/// <summary>TODO family.</summary>
public abstract record Network;
