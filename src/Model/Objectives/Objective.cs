namespace DdpmJobs.Model.Objectives;

/// <summary>TODO family.</summary>
public abstract record Objective;
