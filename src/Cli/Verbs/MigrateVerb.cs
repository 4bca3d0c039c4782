using System.CommandLine;
using DdpmJobs.Cli.Hosting;
using DdpmJobs.Tracking;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm migrate</c>: brings a PostgreSQL database to this program's level.</summary>
internal static class MigrateVerb
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = VerbOptions.Json();
        Command verb = new("migrate", "Creates or updates the tables and views in the PostgreSQL database of DDPM__Postgres. Run it once, and after every update; the embedded mode needs no such step.") { json };
        verb.SetAction(async (line, cancel) =>
        {
            Deployment deployment = DeploymentReader.Read(terminal.Environment);
            await using ServiceProvider services = new ServiceCollection()
                .AddLogging()
                .AddTracking(deployment.RequirePostgres(), deployment.Artifacts, deployment.Lease)
                .BuildServiceProvider();
            IReadOnlyList<string> applied = await services.MigrateAsync(cancel);
            if (line.GetValue(json))
            {
                terminal.WriteJson(new { Applied = applied });
            }
            else
            {
                terminal.Out.WriteLine(applied.Count == 0 ? "The database is up to date." : $"Applied {string.Join(", ", applied)}.");
            }

            return 0;
        });
        return verb;
    }
}
