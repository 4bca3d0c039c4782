namespace DdpmJobs.Cli.Errors;

/// <summary>What <c>ddpm</c> returns to its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done as asked.</summary>
    public const int Success = 0;

    /// <summary>The sweep ended, with failed or cancelled jobs.</summary>
    public const int SweepFailed = 1;

    /// <summary>Bad input or environment; one sentence on standard error says what and the way out.</summary>
    public const int BadInput = 2;

    /// <summary>Stopped by Ctrl-C, SIGTERM or SIGHUP.</summary>
    public const int Interrupted = 130;
}
