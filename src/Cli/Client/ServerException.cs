using System.Net;

namespace DdpmJobs.Cli.Client;

/// <summary>The server refused or did not answer; the message is one sentence for a person.</summary>
/// <param name="message">The sentence.</param>
/// <param name="status">What it answered; null when it did not.</param>
/// <param name="inner">What failed, if it did not.</param>
internal sealed class ServerException(string message, HttpStatusCode? status, Exception? inner) : Exception(message, inner)
{
    /// <summary>What it answered; null when it did not.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>Whether the same question may be answered later.</summary>
    public bool IsOutage => Status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;
}
