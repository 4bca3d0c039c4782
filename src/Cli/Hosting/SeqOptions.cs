namespace DdpmJobs.Cli.Hosting;

/// <summary>Where logs are collected.</summary>
internal sealed class SeqOptions
{
    /// <summary>As in <c>http://seq:5341</c>; empty, the default, means that logs stay here.</summary>
    public string Url { get; set; } = "";

    /// <summary>The key to show to it; none by default.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Folder for events on their way to Seq; <c>ddpm-data/logs</c> by default.</summary>
    public string BufferFolder { get; set; } = "ddpm-data/logs";
}
