using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using DdpmJobs.Scheduler.Api;
using Spectre.Console;

namespace DdpmJobs.Cli;

/// <summary>Where a command line is heard and seen: its streams, screen and environment.</summary>
internal sealed class Terminal
{
    /// <summary>Width of tables that go to a file or a pipe, where no one wraps them; in characters.</summary>
    private const int WidthOfPipes = 200;

    private static readonly JsonSerializerOptions Json = new(ApiJson.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Terminal(TextWriter output, TextWriter error, IReadOnlyDictionary<string, string> environment, bool interactive)
    {
        Out = output;
        Error = error;
        Environment = environment;
        Screen = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = interactive ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = interactive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        IsInteractive = interactive && Screen.Profile.Capabilities.Ansi;
        if (!interactive)
        {
            Screen.Profile.Width = WidthOfPipes;
        }
    }

    /// <summary>Standard output: what the verb was asked for.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error: what went wrong, and progress where the output is data.</summary>
    public TextWriter Error { get; }

    /// <summary>Tables and live displays, on <see cref="Out"/>.</summary>
    public IAnsiConsole Screen { get; }

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Whether a person sees the screen change.</summary>
    public bool IsInteractive { get; }

    /// <summary>The clock of rates and durations.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether stacks are shown, as <c>DDPM_DEBUG=1</c> asks.</summary>
    public bool Debug => Environment.GetValueOrDefault("DDPM_DEBUG") is "1" or "true";

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(
        Console.Out, Console.Error,
        System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? ""),
        !Console.IsOutputRedirected);

    /// <summary>A terminal that nobody looks at: a pipe or a test.</summary>
    public static Terminal OfPipes(TextWriter output, TextWriter error, IReadOnlyDictionary<string, string> environment) => new(output, error, environment, interactive: false);

    /// <summary>Writes one JSON document to <see cref="Out"/>, with names in snake_case.</summary>
    public void WriteJson(object value) => Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Writes a table to the screen, without decoration where it goes to a pipe.</summary>
    public void Write(Table table)
    {
        if (!IsInteractive)
        {
            table.Border(TableBorder.Simple);
        }

        Screen.Write(table);
    }
}
