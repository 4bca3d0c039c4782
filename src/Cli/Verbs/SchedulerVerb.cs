using System.CommandLine;
using DdpmJobs.Cli.Hosting;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm scheduler</c>: the scheduler of a team.</summary>
internal static class SchedulerVerb
{
    private const string About = """
        Serves API and dashboard on PostgreSQL (DDPM__Postgres) and RabbitMQ (DDPM__RabbitMq) until Ctrl-C. Computes nothing and needs no libtorch.

        Example:
          DDPM__Scheduler__Token=… ddpm scheduler --urls http://0.0.0.0:5080
        """;

    public static Command Create(Terminal terminal)
    {
        Option<string?> urls = new("--urls") { Description = "Where to listen; DDPM__Scheduler__Url, else http://127.0.0.1:5080, by default. Other than on loopback it needs DDPM__Scheduler__Token.", HelpName = "URLS" };
        Command verb = new("scheduler", About) { urls };
        verb.SetAction((line, cancel) =>
        {
            Deployment deployment = DeploymentReader.Read(terminal.Environment);
            deployment.Listen.Url = line.GetValue(urls) ?? deployment.Listen.Url;
            return SchedulerHost.ServeAsync(terminal, deployment, cancel);
        });
        return verb;
    }
}
