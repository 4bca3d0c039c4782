using System.CommandLine;
using DdpmJobs.Cli.Hosting;
using Serilog.Events;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm up</c>: the embedded mode, kept open.</summary>
internal static class UpVerb
{
    private const string About = """
        Keeps scheduler, dashboard and one runner open in this process until Ctrl-C; other ddpm commands can then submit and watch.

        Example:
          ddpm up --data /big/disk
        """;

    public static Command Create(Terminal terminal)
    {
        Option<string> data = VerbOptions.Data();
        Option<int?> port = VerbOptions.Port($"{Ports.Default} by default.");
        Command verb = new("up", About) { data, port };
        verb.SetAction(async (line, cancel) =>
        {
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(terminal, line.GetRequiredValue(data), line.GetValue(port) ?? Ports.Default, LogEventLevel.Information, cancel);
            terminal.Out.WriteLine($"Dashboard: {host.Address}hangfire   API: {host.Address}openapi/v1.json   (Ctrl-C stops)");
            terminal.Out.Flush();
            return await host.Host.ServeAsync(terminal, cancel);
        });
        return verb;
    }
}
