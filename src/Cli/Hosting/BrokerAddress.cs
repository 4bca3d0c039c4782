using DdpmJobs.Cli.Errors;
using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DdpmJobs.Cli.Hosting;

/// <summary>Where RabbitMQ is. Nothing here ever shows user or password.</summary>
internal sealed class BrokerAddress
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(5);

    private readonly string _host;
    private readonly ushort _port;
    private readonly string _virtualHost;
    private readonly string _user;
    private readonly string _password;
    private readonly bool _tls;

    private BrokerAddress(Uri uri)
    {
        string[] login = uri.UserInfo.Split(':', 2);
        _tls = uri.Scheme == "amqps";
        _host = uri.Host;
        _port = (ushort)(uri.Port > 0 ? uri.Port : _tls ? 5671 : 5672);
        _virtualHost = uri.AbsolutePath.Trim('/') is { Length: > 0 } path ? Uri.UnescapeDataString(path) : "/";
        _user = login[0].Length > 0 ? Uri.UnescapeDataString(login[0]) : "guest";
        _password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : "guest";
    }

    /// <summary>Reads <c>amqp://user:password@host:port/vhost</c>.</summary>
    /// <exception cref="CliException">It is missing or is no such address.</exception>
    public static BrokerAddress Parse(string text)
    {
        if (text.Length == 0)
        {
            throw new CliException("RabbitMQ is not configured; set DDPM__RabbitMq to amqp://user:password@host:5672/, or use the embedded mode (ddpm run, ddpm up).");
        }

        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "amqp" or "amqps" && uri.Host.Length > 0
            ? new BrokerAddress(uri)
            : throw new CliException("DDPM__RabbitMq must be an address like amqp://user:password@host:5672/ (its value is not shown, it may hold a password).");
    }

    /// <summary>Connects once and hangs up.</summary>
    /// <exception cref="CliException">The broker does not answer, or refuses the user.</exception>
    public async Task RequireAsync(CancellationToken cancel)
    {
        ConnectionFactory factory = new()
        {
            HostName = _host,
            Port = _port,
            VirtualHost = _virtualHost,
            UserName = _user,
            Password = _password,
            RequestedConnectionTimeout = CheckTimeout,
            Ssl = { Enabled = _tls, ServerName = _host },
        };
        try
        {
            await using IConnection connection = await factory.CreateConnectionAsync(cancel);
        }
        catch (BrokerUnreachableException e) when (e.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException)
        {
            throw new CliException($"RabbitMQ at {_host}:{_port} refuses the user or password, or its virtual host {_virtualHost}; correct DDPM__RabbitMq.", e);
        }
        catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException or TimeoutException)
        {
            string why = e.GetBaseException().Message.Split('\n', 2)[0].TrimEnd('.');
            throw new CliException($"RabbitMQ at {_host}:{_port} does not answer ({why}); start it, or set DDPM__RabbitMq to where it is.", e);
        }
    }

    /// <summary>Tells the bus where to connect.</summary>
    public void Configure(IRabbitMqBusFactoryConfigurator bus) => bus.Host(_host, _port, _virtualHost, host =>
    {
        host.Username(_user);
        host.Password(_password);
        if (_tls)
        {
            host.UseSsl(tls => tls.ServerName = _host);
        }
    });
}
