using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace DdpmJobs.Scheduler.Access;

/// <summary>Decides who is served. With a token: those who show it. Without: this host's own processes only, under a loopback name.</summary>
public sealed class AccessGate(SchedulerOptions options)
{
    private readonly byte[] _token = SHA256.HashData(Encoding.UTF8.GetBytes(options.Token));

    /// <summary>Whether a request may be served.</summary>
    /// <returns>Null, or the status code and one sentence for the refusal.</returns>
    public (int Status, string Reason)? RefusalOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        HttpRequest request = context.Request;

        // A foreign page in the user's browser can post here, with remembered credentials: it cannot hide its origin.
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !IsOwnOrigin(request))
        {
            return (StatusCodes.Status403Forbidden, "Requests from pages of other sites are refused.");
        }

        if (options.Token.Length > 0)
        {
            return ShowsToken(request) ? null : (StatusCodes.Status401Unauthorized, "Show the scheduler's token: Authorization: Bearer TOKEN, or basic authentication with the token as password.");
        }

        // No token: the connection must be local, whatever a proxy says in headers.
        if (!IsLoopback(context.Connection.RemoteIpAddress) || !IsLoopback(context.Connection.LocalIpAddress))
        {
            return (StatusCodes.Status403Forbidden, "Without DDPM__Scheduler__Token only connections on loopback are served.");
        }

        // A foreign site whose name was rebound to 127.0.0.1 gives itself away by its name in Host.
        return IsLoopbackName(request.Host.Host) ? null : (StatusCodes.Status403Forbidden, "Without DDPM__Scheduler__Token the host must be named localhost, 127.0.0.1 or [::1].");
    }

    /// <summary>Serves or refuses a request; <c>/health</c> is open.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "same-origin";
        if (!context.Request.Path.Equals("/health", StringComparison.Ordinal) && RefusalOf(context) is { } refusal)
        {
            if (refusal.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"DdpmJobs\", charset=\"UTF-8\"";
            }

            await Results.Problem(statusCode: refusal.Status, detail: refusal.Reason).ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    /// <summary>Whether a host name is this machine's own.</summary>
    public static bool IsLoopbackName(string host)
        => host is not null && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip)));

    // Null: a transport without addresses, as a Unix socket.
    private static bool IsLoopback(IPAddress? address) => address is null || IPAddress.IsLoopback(address);

    private static bool IsOwnOrigin(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";
        }

        return Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && string.Equals(uri.Authority, new UriBuilder($"{uri.Scheme}://{request.Host}").Uri.Authority, StringComparison.OrdinalIgnoreCase);
    }

    private bool ShowsToken(HttpRequest request)
    {
        string header = request.Headers[HeaderNames.Authorization].ToString();
        string shown = "";
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            shown = header["Bearer ".Length..].Trim();
        }
        else if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            byte[] bytes = new byte[header.Length];
            if (Convert.TryFromBase64String(header["Basic ".Length..].Trim(), bytes, out int count))
            {
                string pair = Encoding.UTF8.GetString(bytes, 0, count);
                shown = pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..];
            }
        }

        // Hashes are of one length: the time tells nothing about the token.
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _token);
    }
}
