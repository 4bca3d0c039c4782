namespace DdpmJobs.Scheduler.Api;

/// <summary>Whether the scheduler can work.</summary>
/// <param name="Status"><c>ok</c>; anything else comes as a problem with status 503.</param>
/// <param name="Version">Program version.</param>
public sealed record HealthView(string Status, string Version);
