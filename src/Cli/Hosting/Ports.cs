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

    /// <summary>The usual port when it is free, else 0, which lets the system choose.</summary>
    public static int DefaultOrAny() => IsFree(Default) ? Default : 0;

    /// <summary>Turns a failure to listen into a sentence; null when it is none.</summary>
    public static CliException? Refusal(Exception exception, string address) => exception switch
    {
        IOException { InnerException: AddressInUseException } => new CliException($"port {PortOf(address)} is in use ({address}); choose another with --port or --urls, or stop what listens there.", exception),
        SocketException { SocketErrorCode: SocketError.AccessDenied } => new CliException($"this user may not listen on {address}; choose a port above 1023 with --port or --urls.", exception),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => new CliException($"{address} is not an address of this machine; choose another with --urls.", exception),
        _ => null,
    };

    private static bool IsFree(int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string PortOf(string address) => Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) ? uri.Port.ToString() : "of " + address;
}
