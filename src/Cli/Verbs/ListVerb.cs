using System.CommandLine;
using System.Globalization;
using DdpmJobs.Cli.Client;
using DdpmJobs.Scheduler.Api;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm ls</c>: the newest sweeps.</summary>
internal static class ListVerb
{
    public static Command Create(Terminal terminal)
    {
        Option<int> limit = new("--limit") { Description = "How many at most.", HelpName = "N", DefaultValueFactory = _ => 20 };
        Option<string?> server = VerbOptions.Server();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("ls", "Lists the newest sweeps of a scheduler.") { limit, server, json };
        verb.SetAction(async (line, cancel) =>
        {
            using ApiClient api = VerbOptions.Client(terminal, line.GetValue(server));
            IReadOnlyList<SweepSummary> sweeps = await api.SweepsAsync(line.GetValue(limit), cancel);
            if (line.GetValue(json))
            {
                terminal.WriteJson(sweeps);
            }
            else if (sweeps.Count == 0)
            {
                terminal.Out.WriteLine("No sweeps yet. Submit one: ddpm submit samples/digits.yaml");
            }
            else
            {
                Write(sweeps, terminal);
            }

            return 0;
        });
        return verb;
    }

    private static void Write(IReadOnlyList<SweepSummary> sweeps, Terminal terminal)
    {
        Table table = new Table().RoundedBorder().AddColumns("sweep", "name", "state", "runs", "jobs", "submitted (UTC)", "by");
        foreach (SweepSummary sweep in sweeps)
        {
            table.AddRow(
                sweep.Id.ToString(), Markup.Escape(sweep.Name), sweep.State, sweep.Runs.ToString(), string.Join(", ", sweep.Jobs.Select(j => $"{j.Value} {j.Key}")),
                sweep.SubmittedAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), Markup.Escape(sweep.SubmittedBy));
        }

        terminal.Write(table);
    }
}
