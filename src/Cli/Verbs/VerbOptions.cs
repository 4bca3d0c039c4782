using System.CommandLine;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Hosting;

namespace DdpmJobs.Cli.Verbs;

/// <summary>Options that several verbs have.</summary>
internal static class VerbOptions
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Write one JSON document (snake_case) to standard output, for scripts." };

    /// <summary><c>--server</c>.</summary>
    public static Option<string?> Server() => new("--server") { Description = "The scheduler to ask; DDPM__Server, else http://127.0.0.1:5080, by default.", HelpName = "URL" };

    /// <summary><c>--data</c>.</summary>
    public static Option<string> Data() => new("--data")
    {
        Description = "Folder of the embedded mode: database, artifacts, pictures, logs.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "ddpm-data",
    };

    /// <summary><c>--port</c>.</summary>
    public static Option<int?> Port(string otherwise)
    {
        Option<int?> port = new("--port") { Description = $"Port on 127.0.0.1 for dashboard and API; {otherwise}", HelpName = "N" };
        port.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out int number) || number is < 0 or > 65535))
            {
                result.AddError($"--port must be a whole number from 0 (any free port) to 65535; got '{result.Tokens[0].Value}'");
            }
        });
        return port;
    }

    /// <summary><c>FILE</c>.</summary>
    public static Argument<string> File() => new("FILE") { Description = "A sweep as YAML; see samples/." };

    /// <summary>A client of the server that option and environment name.</summary>
    public static ApiClient Client(Terminal terminal, string? server)
    {
        EndpointOptions endpoints = DeploymentReader.Read(terminal.Environment).Endpoints;
        return ApiClient.Of(server ?? endpoints.Server, endpoints.Token);
    }
}
