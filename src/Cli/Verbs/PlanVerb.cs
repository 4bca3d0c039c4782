using System.CommandLine;
using System.Text.Json.Nodes;
using DdpmJobs.Cli.Results;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm plan</c>: what a sweep would run.</summary>
internal static class PlanVerb
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = VerbOptions.File();
        Option<bool> json = VerbOptions.Json();
        json.Description += " Every default of every run is written out.";
        Command verb = new("plan", "Checks and expands a sweep and prints its runs; starts nothing and writes nothing.") { file, json };
        verb.SetAction(async (line, cancel) =>
        {
            string path = line.GetRequiredValue(file);
            SweepDraft sweep = SweepFile.Parse(await SweepText.ReadAsync(path, cancel), path, Environment.UserName);
            IReadOnlyList<WarningView> warnings = SweepSubmission.WarningsOf(sweep);
            if (line.GetValue(json))
            {
                terminal.WriteJson(new
                {
                    sweep.Name,
                    sweep.SpecHash,
                    sweep.Pool,
                    Runs = sweep.Runs.Select((r, i) => new { Index = i, r.Name, Axes = JsonNode.Parse(r.AxesJson), SpecHash = SpecJson.Hash(r.Spec), PriorBitsPerDimAtMost = PriorOf(r), EvaluationsToMeasure = EvaluationsOf(r), Spec = SpecJson.Write(r.Spec) }),
                    Warnings = warnings,
                });
            }
            else
            {
                Write(sweep, terminal);
                WarningText.Write(sweep.Name, warnings, terminal);
            }

            return 0;
        });
        return verb;
    }

    // The part of the bound that the schedule alone decides, at its worst; bits/dim.
    private static double PriorOf(RunDraft run) => TerminalNoise.WorstBitsPerDim(run.Spec.Process.Schedule.RequireBetas(run.Spec.Process.Timesteps));

    // Network evaluations of the images that metrics of samples are measured on.
    private static long EvaluationsOf(RunDraft run) =>
        run.Spec.Evaluation.DrawsSamples ? (long)run.Spec.Evaluation.Samples.Count * run.Spec.Evaluation.Samples.EvaluationsPerImage(run.Spec) : 0;

    private static void Write(SweepDraft sweep, Terminal terminal)
    {
        Table table = new Table().RoundedBorder().AddColumns("#", "run", "steps", "images", "L_T up to, bits/dim");
        bool draws = sweep.Runs.Any(run => EvaluationsOf(run) > 0);
        if (draws)
        {
            table.AddColumn("evaluations to measure");
        }

        table.AddColumn("spec");
        for (int i = 0; i < sweep.Runs.Count; i++)
        {
            TrainingSpec training = sweep.Runs[i].Spec.Training;
            table.AddRow(
            [
                i.ToString(), Markup.Escape(sweep.Runs[i].Name), $"{training.Steps:n0}", $"{(long)training.Steps * training.BatchSize:n0}", Wording.Fixed(PriorOf(sweep.Runs[i])),
                .. draws ? [$"{EvaluationsOf(sweep.Runs[i]):n0}"] : Array.Empty<string>(), Wording.Short(SpecJson.Hash(sweep.Runs[i].Spec)),
            ]);
        }

        terminal.Write(table);
        long steps = sweep.Runs.Sum(r => (long)r.Spec.Training.Steps);
        long images = sweep.Runs.Sum(r => (long)r.Spec.Training.Steps * r.Spec.Training.BatchSize);
        terminal.Out.WriteLine($"Sweep {sweep.Name} ({Wording.Short(sweep.SpecHash)}): {sweep.Runs.Count} runs, {steps:n0} training steps, {images:n0} images{(draws ? $", {sweep.Runs.Sum(EvaluationsOf):n0} network evaluations of images to measure" : "")}, pool {sweep.Pool}. Nothing was started.");
    }
}
