using System.CommandLine;
using System.Globalization;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Plots;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm metrics</c>: the names of a run's curves, or one of them.</summary>
internal static class MetricsVerb
{
    private const string About = """
        Writes a run's curve, one point a line; without a name, the names of its curves.

        Examples:
          ddpm metrics digits/0
          ddpm metrics digits/0 train/loss --csv > loss.csv
          ddpm metrics digits/0 train/loss --plot loss.png
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> run = new("RUN") { Description = $"Name {RunReference.Words}." };
        Argument<string?> name = new("NAME") { Description = "As in train/loss.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> csv = new("--csv") { Description = "Write step,value with a header." };
        Option<string?> plot = new("--plot") { Description = "Write a picture (PNG) of the curve instead.", HelpName = "FILE" };
        Option<string?> server = VerbOptions.Server();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("metrics", About) { run, name, csv, plot, server, json };
        verb.SetAction(async (line, cancel) =>
        {
            using ApiClient api = VerbOptions.Client(terminal, line.GetValue(server));
            string text = line.GetRequiredValue(run);
            Guid id = await RunReference.FindAsync(api, text, cancel) ?? throw new CliException($"'{text}' names no run; give {RunReference.Words}.");
            if (line.GetValue(name) is not { } metric)
            {
                IReadOnlyList<string> names = await api.MetricNamesAsync(id, cancel);
                Write(names, line.GetValue(json), n => n, terminal);
                return 0;
            }

            if (line.GetValue(plot) is { } place)
            {
                PlotFile.Require(place);
            }

            IReadOnlyList<PointView> points = await api.PointsAsync(id, metric, cancel);
            if (line.GetValue(plot) is { } file)
            {
                Plot(points, text, metric, file, terminal);
                return 0;
            }

            char separator = line.GetValue(csv) ? ',' : '\t';
            if (separator == ',')
            {
                terminal.Out.WriteLine("step,value");
            }

            Write(points, line.GetValue(json), p => $"{p.Step}{separator}{p.Value.ToString("R", CultureInfo.InvariantCulture)}", terminal);
            return 0;
        });
        verb.Validators.Add(result =>
        {
            if (result.GetValue(csv) && result.GetValue(json))
            {
                result.AddError("--csv and --json exclude each other");
            }

            if (result.GetValue(plot) is not null && (result.GetValue(csv) || result.GetValue(json)))
            {
                result.AddError("--plot writes a picture instead of the points; leave --csv and --json out");
            }

            if (result.GetValue(plot) is not null && result.GetValue(name) is null)
            {
                result.AddError("--plot draws one curve; name it, as in train/loss");
            }
        });
        return verb;
    }

    private static void Plot(IReadOnlyList<PointView> points, string text, string metric, string file, Terminal terminal)
    {
        if (points.Count == 0)
        {
            throw new CliException($"{text} has no points of {metric} yet; ddpm metrics {text} lists its curves.");
        }

        CurvePlot.Write(text, metric, [.. points.Select(point => point.Step)], [.. points.Select(point => point.Value)], file);
        terminal.Out.WriteLine($"Wrote {file}.");
    }

    private static void Write<T>(IReadOnlyList<T> items, bool json, Func<T, string> text, Terminal terminal)
    {
        if (json)
        {
            terminal.WriteJson(items);
            return;
        }

        foreach (T item in items)
        {
            terminal.Out.WriteLine(text(item));
        }
    }
}
