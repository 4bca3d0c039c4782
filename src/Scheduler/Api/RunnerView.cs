namespace DdpmJobs.Scheduler.Api;

/// <summary>A runner process.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">Host and process.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Devices">Device names.</param>
/// <param name="Slots">Jobs at once.</param>
/// <param name="Version">Program version.</param>
/// <param name="State"><c>active</c>, <c>tripped</c> or <c>stopped</c>.</param>
/// <param name="StateReason">Why; may be empty.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="SeenAt">Last sign of life, UTC.</param>
/// <param name="Jobs">Jobs it holds.</param>
public sealed record RunnerView(
    Guid Id, string Name, string Pool, string Devices, int Slots, string Version, string State, string StateReason, DateTime StartedAt, DateTime SeenAt, int Jobs);
