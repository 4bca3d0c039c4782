namespace DdpmJobs.Tracking.Storage;

/// <summary>The store cannot be used as it is: not reachable, at another migration level, or not writable. The message says what and the way out.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner) : Exception(message, inner);
