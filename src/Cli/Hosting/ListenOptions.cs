namespace DdpmJobs.Cli.Hosting;

/// <summary>Where the scheduler listens.</summary>
internal sealed class ListenOptions
{
    /// <summary>One or more addresses, separated by semicolons; <c>http://127.0.0.1:5080</c> by default.</summary>
    public string Url { get; set; } = "http://127.0.0.1:5080";
}
