using System.Net;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Scheduler;
using DdpmJobs.Tracking;
using DdpmJobs.Tracking.Storage;
using Serilog.Events;

namespace DdpmJobs.Cli.Hosting;

/// <summary>The scheduler on PostgreSQL and RabbitMQ. It needs no libtorch.</summary>
internal static class SchedulerHost
{
    /// <summary>Checks what it needs, then serves until it is asked to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ServeAsync(Terminal terminal, Deployment deployment, CancellationToken cancel)
    {
        StoreOptions store = deployment.RequirePostgres();
        BrokerAddress broker = BrokerAddress.Parse(deployment.Endpoints.RabbitMq);
        string[] addresses = Addresses(deployment);

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().UseUrls(addresses);
        builder.Services.AddRouting();
        builder.Services.AddLogs(LogEventLevel.Information, file: null, deployment.Seq, terminal);
        builder.Services.AddHostBasics();
        builder.Services.AddTracking(store, deployment.Artifacts, deployment.Lease);
        builder.Services.AddScheduler(deployment.Scheduler, store);
        builder.Services.AddRabbitMqBus(broker, consumes: false);
        await using WebApplication app = builder.Build();
        app.MapScheduler();

        await app.Services.RequireMigratedAsync(cancel);
        await broker.RequireAsync(cancel);
        foreach (BindingAddress address in addresses.Select(BindingAddress.Parse))
        {
            Ports.RequireFree(IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip) ? ip : address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Any, address.Port);
        }

        try
        {
            await app.StartAsync(CancellationToken.None); // as in RunnerHost
        }
        catch (Exception e) when (Ports.Refusal(e, addresses[0]) is { } refusal)
        {
            throw refusal;
        }

        terminal.Error.WriteLine($"ddpm: the scheduler listens on {string.Join(", ", app.Urls)}; dashboard {app.Urls.First()}/hangfire");
        return await app.ServeAsync(terminal, cancel);
    }

    private static string[] Addresses(Deployment deployment)
    {
        string[] addresses = deployment.Listen.Url.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (addresses.Length == 0)
        {
            throw new CliException("--urls must name an address, such as http://127.0.0.1:5080");
        }

        foreach (string text in addresses)
        {
            BindingAddress? address = null;
            try
            {
                address = BindingAddress.Parse(text);
            }
            catch (FormatException)
            {
                // said below
            }

            if (address is not { Scheme: "http" })
            {
                throw new CliException($"'{text}' is not an address to listen on, such as http://127.0.0.1:5080 (for https put a proxy before it).");
            }

            bool loopback = address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
            if (!loopback && deployment.Scheduler.Token.Length == 0)
            {
                throw new CliException($"the scheduler would listen on {text} for everybody; set DDPM__Scheduler__Token to a secret, or listen on http://127.0.0.1:{address.Port}.");
            }
        }

        return addresses;
    }
}
