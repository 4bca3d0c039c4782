using DdpmJobs.Cli.Client;
using DdpmJobs.GpuRunner;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Storage;

namespace DdpmJobs.Cli.Errors;

/// <summary>The one place that turns an exception into a sentence and an exit code.</summary>
internal static class ErrorReport
{
    /// <summary>Says on standard error what went wrong; stacks only where <c>DDPM_DEBUG=1</c> asks for them.</summary>
    /// <returns>The exit code.</returns>
    public static int Write(Exception exception, Terminal terminal, CancellationToken cancel)
    {
        if (exception is OperationCanceledException && cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }

        terminal.Error.WriteLine($"ddpm: {Sentence(exception)}");
        if (terminal.Debug)
        {
            terminal.Error.WriteLine(exception.ToString());
        }

        return ExitCode.BadInput;
    }

    private static string Sentence(Exception exception) => exception switch
    {
        CliException or ServerException or SweepFileException or SpecException or StoreUnavailableException or RunnerStartException => exception.Message,
        AggregateException { InnerExceptions.Count: 1 } one => Sentence(one.InnerExceptions[0]),
        UnauthorizedAccessException or IOException => $"{exception.Message.TrimEnd('.')}; choose another place, or change its permissions.",
        _ => $"an unexpected error, {exception.GetType().Name}: {FirstLine(exception.Message)} Set DDPM_DEBUG=1 to see its stack.",
    };

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
