using System.CommandLine;
using System.Net;
using System.Text.Json;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Results;
using DdpmJobs.Model.Plots;
using DdpmJobs.Scheduler.Api;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm show</c>: a sweep or a run with its results.</summary>
internal static class ShowVerb
{
    private const string About = """
        Shows a sweep with its leaderboard, or a run with its spec, jobs, values and files.

        Examples:
          ddpm show digits
          ddpm show digits --protocol
          ddpm show digits/0 --protocol
          ddpm show digits/0 --rate-distortion --plot rate.png

        --rate-distortion shows a measured run as a progressive code (Ho et al. 2020, section 4.3 and table 4): bits sent and error of what they show, by reverse steps done.
        """;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(Terminal terminal)
    {
        Argument<string> what = new("WHAT") { Description = $"A sweep (its id, the first 6 or more digits of it, or its name), or {RunReference.Words}." };
        Option<bool> protocol = new("--protocol") { Description = "Show how each value was measured; of a sweep, once under each table." };
        Option<bool> rates = new("--rate-distortion") { Description = "Of a run: rate and distortion by reverse steps done." };
        Option<string?> plot = new("--plot") { Description = "With --rate-distortion: write a picture (PNG) of the curves.", HelpName = "FILE" };
        Option<string?> server = VerbOptions.Server();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("show", About) { what, protocol, rates, plot, server, json };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(plot) is not null && !result.GetValue(rates))
            {
                result.AddError("--plot draws what --rate-distortion shows; give both");
            }
        });
        verb.SetAction(async (line, cancel) =>
        {
            using ApiClient api = VerbOptions.Client(terminal, line.GetValue(server));
            string text = line.GetRequiredValue(what);
            (SweepDetail? sweep, RunDetail? run) = await FindAsync(api, text, cancel);
            if (line.GetValue(rates))
            {
                RunDetail measured = run ?? throw new CliException($"--rate-distortion is of one run; give {RunReference.Words}; got the sweep {sweep!.Summary.Name}");
                await WriteRatesAsync(measured, api, line.GetValue(plot), line.GetValue(json), terminal, cancel);
            }
            else if (line.GetValue(json))
            {
                terminal.WriteJson(sweep is not null ? sweep : run!);
            }
            else if (sweep is not null)
            {
                Write(sweep, line.GetValue(protocol), terminal);
            }
            else
            {
                await WriteAsync(run!, line.GetValue(protocol), api, terminal, cancel);
            }

            return 0;
        });
        return verb;
    }

    // An id may be a sweep's or a run's; only the server knows.
    private static async Task<(SweepDetail? Sweep, RunDetail? Run)> FindAsync(ApiClient api, string text, CancellationToken cancel)
    {
        Guid? run = await RunReference.FindAsync(api, text, cancel);
        if (run is null)
        {
            return (await api.SweepAsync(text, cancel), null);
        }

        try
        {
            return (null, await api.RunAsync(run.Value, cancel));
        }
        catch (ServerException e) when (e.Status == HttpStatusCode.NotFound && Guid.TryParse(text, out _))
        {
            return (await api.SweepAsync(text, cancel), null);
        }
    }

    private static async Task WriteRatesAsync(RunDetail run, ApiClient api, string? plot, bool json, Terminal terminal, CancellationToken cancel)
    {
        if (plot is not null)
        {
            PlotFile.Require(plot);
        }

        RateDistortionReport report = await RateDistortionReport.ReadAsync(run, api, cancel);
        if (plot is not null)
        {
            RateDistortionPlot.Write($"{run.Name}, {report.Curves[0].Evaluation.Metric}", report.Curves[0].Curve, plot);
        }

        if (json)
        {
            terminal.WriteJson(report.Document());
            return;
        }

        report.Write(terminal);
        if (plot is not null)
        {
            terminal.Out.WriteLine($"Wrote {plot}{(report.Curves.Count > 1 ? $" ({report.Curves[0].Evaluation.Metric})" : "")}.");
        }
    }

    private static void Write(SweepDetail sweep, bool protocols, Terminal terminal)
    {
        SweepSummary summary = sweep.Summary;
        terminal.Out.WriteLine($"Sweep {summary.Name} ({summary.Id}) {summary.State}, submitted {summary.SubmittedAt:yyyy-MM-dd HH:mm} UTC by {summary.SubmittedBy}");
        Table runs = new Table().RoundedBorder().AddColumns("#", "run", "train", "evaluate", "sample", "spec");
        foreach (RunDetail run in sweep.Runs)
        {
            string State(string kind) => run.JobOf(kind)?.State ?? "–";
            string shards = run.ShardsDone() is { Length: > 0 } done ? $" ({done})" : "";
            runs.AddRow(run.Index.ToString(), Markup.Escape(run.Name), State("train"), State("evaluate") + shards, State("sample"), Wording.Short(run.SpecHash));
        }

        terminal.Write(runs);
        Leaderboard leaderboard = Leaderboard.Of(sweep);
        if (leaderboard.Groups.Count > 0)
        {
            LeaderboardTable.Write(leaderboard, protocols, terminal);
        }
    }

    private static async Task WriteAsync(RunDetail run, bool protocol, ApiClient api, Terminal terminal, CancellationToken cancel)
    {
        terminal.Out.WriteLine($"Run {run.Index} {run.Name} ({run.Id}) of sweep {run.SweepId}");
        terminal.Out.WriteLine($"Spec {run.SpecHash}");
        terminal.Out.WriteLine(run.Spec?.ToJsonString(Indented));
        terminal.Out.WriteLine($"Made by {run.Provenance?.ToJsonString()}");
        Table jobs = new Table().RoundedBorder().AddColumns("job", "state", "attempts", "progress", "runner", "error", "id");
        foreach (JobView job in run.Jobs)
        {
            jobs.AddRow(run.NameOf(job), job.State, job.Attempt.ToString(), $"{job.Done}/{job.Total} {Markup.Escape(job.Unit)}", Markup.Escape(job.Runner ?? ""), Markup.Escape(job.Error ?? ""), job.Id.ToString());
        }

        terminal.Write(jobs);
        foreach (string note in run.Notes)
        {
            terminal.Out.WriteLine($"Note: {note}.");
        }

        foreach (JobView job in run.Jobs.Where(j => j.State == "diverged"))
        {
            JobDetail detail = await api.JobAsync(job.Id, cancel);
            foreach (string text in detail.Attempts.TakeLast(1).SelectMany(DivergenceText.Lines))
            {
                terminal.Out.WriteLine(text);
            }
        }

        foreach (EvaluationView value in run.Evaluations)
        {
            terminal.Out.WriteLine($"{value.Metric} {Wording.Fixed(value.Value)}{(value.StandardError is { } se ? $" ± {Wording.Number(se, 2)}" : "")} {value.Unit}, protocol {value.ProtocolDigest}");
            foreach (string warning in value.Warnings ?? [])
            {
                terminal.Out.WriteLine($"  warning: {warning}");
            }

            foreach ((string part, double amount) in value.Parts)
            {
                terminal.Out.WriteLine($"  {part} {Wording.Fixed(amount)}");
            }

            if (protocol)
            {
                ProtocolText.Write(value.Metric, value.ProtocolDigest, value.Protocol, terminal);
            }
        }

        foreach (string text in NewestValues.Lines(run.Last))
        {
            terminal.Out.WriteLine(text);
        }

        foreach (ArtifactView file in run.Artifacts)
        {
            terminal.Out.WriteLine($"{file.Kind} {file.Name} {file.Sha256}{(file.Step is { } step ? $" step {step}" : "")}{(file.Selection is null ? "" : $", {file.Selection}")}{(file.Dropped ? " (dropped)" : "")}");
        }
    }
}
