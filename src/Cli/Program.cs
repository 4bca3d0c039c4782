using System.CommandLine;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Verbs;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Cli;

/// <summary>The <c>ddpm</c> command.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["run" or "up" or "runner", ..] or ["statistics", "compute", ..]) // the verbs that hold tensors
            Relaunch.ForTensors();
        using Interrupts interrupts = new();
        return await RunAsync(args, Terminal.OfProcess(), interrupts.Token);
    }

    /// <summary>Runs one command line to its end; everything it says goes to the terminal given.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancel)
    {
        Command root = CommandLine.Create(terminal);
        InvocationConfiguration invocation = new()
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,

            // Its own handler would end the process two seconds after Ctrl-C, in the middle of a checkpoint.
            ProcessTerminationTimeout = null,
        };
        if (args.Length == 0)
        {
            await root.Parse("--help").InvokeAsync(invocation, cancel);
            return ExitCode.BadInput;
        }

        ParseResult parsed = root.Parse(args);
        if (CommandLine.WhatIsWrong(parsed) is { } wrong)
        {
            terminal.Error.WriteLine($"ddpm: {wrong}");
            return ExitCode.BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(invocation, cancel);
        }
        catch (Exception e)
        {
            return ErrorReport.Write(e, terminal, cancel);
        }
    }
}
