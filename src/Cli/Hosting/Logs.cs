using System.Globalization;
using DdpmJobs.Cli.Errors;
using Serilog;
using Serilog.Debugging;
using Serilog.Events;

namespace DdpmJobs.Cli.Hosting;

/// <summary>Where logs go: the console (standard error, or nowhere while a live display owns the screen), a file in the data folder, and Seq.</summary>
internal static class Logs
{
    private const string ConsoleTemplate = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}";
    private const string FileTemplate = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {SourceContext} {Message:lj} {Properties:j}{NewLine}{Exception}";
    private const long FileBytes = 20 << 20;

    private static readonly string[] Chatty = ["Microsoft", "Hangfire", "MassTransit", "System.Net.Http"];

    /// <summary>Adds Serilog; scopes (run, job, attempt) become properties of each event.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="console">Least level for the console; null for none.</param>
    /// <param name="file">The log file; null for none.</param>
    /// <param name="seq">Where logs are collected.</param>
    /// <param name="terminal">Whose standard error is the console.</param>
    public static IServiceCollection AddLogs(this IServiceCollection services, LogEventLevel? console, string? file, SeqOptions seq, Terminal terminal)
    {
        // A sink that fails (Seq is down, the disk is full) says so here and nowhere else.
        SelfLog.Enable(message =>
        {
            if (console is not null)
            {
                terminal.Error.WriteLine($"logging: {message.Split('\n', 2)[0].TrimEnd()}");
            }
        });
        LoggerConfiguration log = new LoggerConfiguration().Enrich.FromLogContext().MinimumLevel.Is(terminal.Debug ? LogEventLevel.Debug : LogEventLevel.Information);
        foreach (string source in Chatty)
        {
            log.MinimumLevel.Override(source, terminal.Debug ? LogEventLevel.Information : LogEventLevel.Warning);
        }

        // It warns that keys lie on the disk unencrypted; their folder is this user's alone, like the data beside it.
        log.MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error);
        if (console is { } least)
        {
            // Stacks are for the file; a service without one shows them here.
            log.WriteTo.Console(least, file is null || terminal.Debug ? ConsoleTemplate + "{Exception}" : ConsoleTemplate, CultureInfo.InvariantCulture, standardErrorFromLevel: LogEventLevel.Verbose);
        }

        if (file is not null)
        {
            log.WriteTo.File(file, outputTemplate: FileTemplate, formatProvider: CultureInfo.InvariantCulture, fileSizeLimitBytes: FileBytes, rollOnFileSizeLimit: true, retainedFileCountLimit: 3, shared: true);
        }

        if (seq.Url.Length > 0)
        {
            if (!Uri.TryCreate(seq.Url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            {
                throw new CliException($"DDPM__Seq__Url must be an http or https address; got '{seq.Url}'");
            }

            // Events wait in a file of this process while Seq is down.
            string buffer = Path.Combine(seq.BufferFolder, $"seq-{Environment.MachineName}-{Environment.ProcessId}");
            log.WriteTo.Seq(seq.Url, apiKey: seq.ApiKey.Length > 0 ? seq.ApiKey : null, bufferBaseFilename: buffer);
        }

        return services.AddSerilog(log.CreateLogger(), dispose: true);
    }
}
