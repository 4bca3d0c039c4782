using System.CommandLine;
using DdpmJobs.Cli.Hosting;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm runner</c>: a runner of a team.</summary>
internal static class RunnerVerb
{
    private const string About = """
        Takes jobs from PostgreSQL (DDPM__Postgres) and RabbitMQ (DDPM__RabbitMq) until Ctrl-C, which writes checkpoints and hands them back.

        Examples:
          ddpm runner
          ddpm runner --device cuda:0,cuda:1 --pool big
        """;

    public static Command Create(Terminal terminal)
    {
        Option<int?> slots = new("--slots") { Description = "Jobs at once; one for each CUDA device, or on the CPU one for each core up to 4, by default.", HelpName = "N" };
        Option<int?> threads = new("--threads") { Description = "CPU threads of one job; 1 by default.", HelpName = "N" };
        Option<string?> pool = new("--pool") { Description = "Its pool; 'default' by default.", HelpName = "NAME" };
        Option<string?> device = new("--device") { Description = "auto (the default), cpu, or cuda:0,cuda:1.", HelpName = "LIST" };
        Command verb = new("runner", About) { slots, threads, pool, device };
        verb.SetAction((line, cancel) =>
        {
            Deployment deployment = DeploymentReader.Read(terminal.Environment);
            deployment.Runner.Slots = line.GetValue(slots) ?? deployment.Runner.Slots;
            deployment.Runner.ThreadsPerSlot = line.GetValue(threads) ?? deployment.Runner.ThreadsPerSlot;
            deployment.Runner.Pool = line.GetValue(pool) ?? deployment.Runner.Pool;
            deployment.Runner.Devices = line.GetValue(device) ?? deployment.Runner.Devices;
            return RunnerHost.ServeAsync(terminal, deployment, cancel);
        });
        return verb;
    }
}
