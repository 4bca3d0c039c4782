namespace DdpmJobs.GpuRunner;

/// <summary>The runner cannot start as it is configured; the message says what is wrong, with the value, and the way out.</summary>
/// <param name="message">One or more sentences.</param>
/// <param name="inner">What was tried and failed, if anything.</param>
public sealed class RunnerStartException(string message, Exception? inner) : Exception(message, inner);
