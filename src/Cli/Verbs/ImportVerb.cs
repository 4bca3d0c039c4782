using System.CommandLine;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm import</c>: weights of another program as a checkpoint.</summary>
internal static class ImportVerb
{
    private const string About = """
        Makes a checkpoint of a sweep's run from weights of another program.

        Examples:
          ddpm import model-790000.ckpt --sweep cifar10.yaml --out imported.safetensors
          ddpm import ddpm-cifar10-32/ --sweep cifar10.yaml --out imported.safetensors
          ddpm import ckpt.pth --prefix 0.module. --sweep cifar10.yaml --step 0 --out start.safetensors

        A torch.save file is read as data: nothing in it is run.
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> source = new("SOURCE") { Description = "A safetensors file or its index, a torch.save file, or a diffusers folder." };
        Option<string> sweep = new("--sweep") { Description = "The sweep whose run the weights are for, as YAML.", HelpName = "FILE", Required = true };
        Option<int?> run = new("--run") { Description = "The run's index, as plan shows it; needed where the sweep has several.", HelpName = "N" };
        Option<string> target = new("--out") { Description = "The checkpoint to write.", HelpName = "FILE", Required = true };
        Option<string?> prefix = new("--prefix") { Description = "What stands before the tensors' names, as in 0.module.", HelpName = "TEXT" };
        Option<long?> step = new("--step") { Description = "Training steps that count as done: all by default; 0 to train on from the weights.", HelpName = "N" };
        Option<bool> json = VerbOptions.Json();
        Command verb = new("import", About) { source, sweep, run, target, prefix, step, json };
        verb.SetAction(async (line, cancel) =>
        {
            RunSpec spec = Choose(await PlannedAsync(line.GetRequiredValue(sweep), cancel), line.GetValue(run));
            long steps = line.GetValue(step) ?? spec.Training.Steps;
            if (steps < 0 || steps > spec.Training.Steps)
            {
                throw new CliException($"--step must be from 0 to the run's {spec.Training.Steps} training steps; got {steps}");
            }

            string path = line.GetRequiredValue(target);
            ImportReport report = Refusing(() => CheckpointImport.Import(spec, line.GetRequiredValue(source), line.GetValue(prefix), steps, path));
            if (line.GetValue(json))
            {
                terminal.WriteJson(new { Checkpoint = path, SpecHash = SpecJson.Hash(spec), Step = steps, report.Weights, report.Naming, report.Tensors, report.Parameters, report.Rounded });
            }
            else
            {
                terminal.Out.WriteLine(
                    $"{path}: {report.Parameters:n0} parameters in {report.Tensors} tensors from {report.Weights} by the names of {report.Naming}; spec {Wording.Short(SpecJson.Hash(spec))}, step {steps:n0}."
                    + (report.Rounded > 0 ? $" {report.Rounded} tensors were float64 and are rounded to float32." : ""));
            }

            return 0;
        });
        return verb;
    }

    /// <summary>Turns the refusal of a file into a sentence for a person.</summary>
    public static T Refusing<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InvalidDataException e)
        {
            throw new CliException(e.Message, e);
        }
        catch (FileNotFoundException e)
        {
            throw new CliException($"{e.FileName}: there is no such file.", e);
        }
    }

    private static async Task<SweepDraft> PlannedAsync(string file, CancellationToken cancel) =>
        SweepFile.Parse(await SweepText.ReadAsync(file, cancel), file, Environment.UserName);

    private static RunSpec Choose(SweepDraft sweep, int? index) =>
        index is null && sweep.Runs.Count > 1 ? throw new CliException($"the sweep {sweep.Name} has {sweep.Runs.Count} runs; choose one by --run, from 0 to {sweep.Runs.Count - 1}")
        : (index ?? 0) < 0 || (index ?? 0) >= sweep.Runs.Count ? throw new CliException($"the sweep {sweep.Name} has no run {index}; its runs are 0 to {sweep.Runs.Count - 1}")
        : sweep.Runs[index ?? 0].Spec;
}
