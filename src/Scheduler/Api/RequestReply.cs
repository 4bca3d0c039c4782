namespace DdpmJobs.Scheduler.Api;

/// <summary>What became of a request.</summary>
/// <param name="Jobs">Jobs it changed.</param>
/// <param name="Message">One sentence.</param>
public sealed record RequestReply(int Jobs, string Message);
