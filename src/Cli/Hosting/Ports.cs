using System.Net;
using System.Net.Sockets;
using DdpmJobs.Cli.Errors;
using Microsoft.AspNetCore.Connections;

namespace DdpmJobs.Cli.Hosting;

/// <summary>Which port the embedded server takes.</summary>
internal static class Ports
{
    /// <summary>The usual port.</summary>
    public const int Default = 5080;

    /// <summary>Whether a refusal is because somebody else listens there.</summary>
    public static bool IsInUse(CliException refusal) =>
        refusal.InnerException is IOException { InnerException: AddressInUseException } or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };

    /// <summary>Turns a failure to listen into a sentence; null when it is none.</summary>
    public static CliException? Refusal(Exception exception, string address) => exception switch
    {
        IOException { InnerException: AddressInUseException } or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => new CliException($"port {PortOf(address)} is in use ({address}); choose another with --port or --urls, or stop what listens there.", exception),
        SocketException { SocketErrorCode: SocketError.AccessDenied } => new CliException($"this user may not listen on {address}; choose a port above 1023 with --port or --urls.", exception),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => new CliException($"{address} is not an address of this machine; choose another with --urls.", exception),
        _ => null,
    };

    /// <summary>Checks that an address can be listened on, before anything is started or written.</summary>
    /// <exception cref="CliException">It cannot.</exception>
    public static void RequireFree(IPAddress address, int port)
    {
        // Listening in vain here costs nothing; a host that fails to listen has its other parts started already.
        using TcpListener listener = new(address, port);
        try
        {
            listener.Start();
        }
        catch (SocketException e) when (Refusal(e, $"http://{address}:{port}") is { } refusal)
        {
            throw refusal;
        }
    }

    private static string PortOf(string address) => Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) ? uri.Port.ToString() : "of " + address;
}
