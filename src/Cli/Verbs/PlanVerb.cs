using System.CommandLine;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;
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
            (RunDraft Run, int Index, RunWarning Warning)[] warnings =
                [.. sweep.Runs.SelectMany((r, i) => RunWarnings.Of(r.Spec).Select(w => (r, i, w)))];
            if (line.GetValue(json))
            {
                terminal.WriteJson(new
                {
                    sweep.Name,
                    sweep.SpecHash,
                    sweep.Pool,
                    Runs = sweep.Runs.Select((r, i) => new { Index = i, r.Name, Axes = JsonNode.Parse(r.AxesJson), SpecHash = SpecJson.Hash(r.Spec), Spec = SpecJson.Write(r.Spec) }),
                    Warnings = warnings.Select(w => new { w.Index, Run = w.Run.Name, w.Warning.Path, w.Warning.Message }),
                });
            }
            else
            {
                Write(sweep, terminal);
                foreach ((RunDraft run, int index, RunWarning warning) in warnings)
                {
                    terminal.Error.WriteLine($"ddpm: warning: run {sweep.Name}/{index} ({run.Name}): {warning.Path}: {warning.Message}");
                }
            }

            return 0;
        });
        return verb;
    }

    private static void Write(SweepDraft sweep, Terminal terminal)
    {
        Table table = new Table().RoundedBorder().AddColumns("#", "run", "steps", "images", "spec");
        for (int i = 0; i < sweep.Runs.Count; i++)
        {
            TrainingSpec training = sweep.Runs[i].Spec.Training;
            table.AddRow(i.ToString(), Markup.Escape(sweep.Runs[i].Name), $"{training.Steps:n0}", $"{(long)training.Steps * training.BatchSize:n0}", Wording.Short(SpecJson.Hash(sweep.Runs[i].Spec)));
        }

        terminal.Write(table);
        long steps = sweep.Runs.Sum(r => (long)r.Spec.Training.Steps);
        long images = sweep.Runs.Sum(r => (long)r.Spec.Training.Steps * r.Spec.Training.BatchSize);
        terminal.Out.WriteLine($"Sweep {sweep.Name} ({Wording.Short(sweep.SpecHash)}): {sweep.Runs.Count} runs, {steps:n0} training steps, {images:n0} images, pool {sweep.Pool}. Nothing was started.");
    }
}
