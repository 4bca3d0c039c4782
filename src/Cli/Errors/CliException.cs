namespace DdpmJobs.Cli.Errors;

/// <summary>What was asked cannot be done: the message is one sentence for a person, with the value and the way out.</summary>
/// <param name="message">The sentence.</param>
/// <param name="inner">What was tried and failed, if anything.</param>
internal sealed class CliException(string message, Exception? inner = null) : Exception(message, inner);
