namespace DdpmJobs.Cli.Hosting;

/// <summary>Where the other parts of a deployment are.</summary>
internal sealed class EndpointOptions
{
    /// <summary>A PostgreSQL connection string; needed by <c>migrate</c>, <c>scheduler</c> and <c>runner</c>.</summary>
    public string Postgres { get; set; } = "";

    /// <summary><c>amqp://user:password@host:port/vhost</c>; needed by <c>scheduler</c> and <c>runner</c>.</summary>
    public string RabbitMq { get; set; } = "";

    /// <summary>The scheduler that client verbs ask; <c>http://127.0.0.1:5080</c> by default.</summary>
    public string Server { get; set; } = "http://127.0.0.1:5080";

    /// <summary>The secret that client verbs show to it; none by default.</summary>
    public string Token { get; set; } = "";
}
