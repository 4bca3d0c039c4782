using System.CommandLine;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm export</c>: a checkpoint as a pipeline of diffusers.</summary>
internal static class ExportVerb
{
    private const string About = """
        Writes a checkpoint as a pipeline that diffusers can load.

        Example:
          ddpm export step-00800000.safetensors --out cifar10-pipeline
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> checkpoint = new("CHECKPOINT") { Description = "A checkpoint of ddpm." };
        Option<string> folder = new("--out") { Description = "The folder to make; it must not be there yet.", HelpName = "DIR", Required = true };
        Option<string> weights = new("--weights")
        {
            Description = "Which weights: a moving average by its place in the spec, or model.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "ema.0",
        };
        Option<bool> json = VerbOptions.Json();
        Command verb = new("export", About) { checkpoint, folder, weights, json };
        verb.SetAction(line =>
        {
            string target = line.GetRequiredValue(folder);
            RunSpec spec = ImportVerb.Refusing(() => CheckpointExport.Export(line.GetRequiredValue(checkpoint), line.GetRequiredValue(weights), target));
            if (line.GetValue(json))
            {
                terminal.WriteJson(new { Folder = target, SpecHash = SpecJson.Hash(spec), Weights = line.GetRequiredValue(weights) });
            }
            else
            {
                terminal.Out.WriteLine($"{target}: the weights {line.GetRequiredValue(weights)} of spec {Wording.Short(SpecJson.Hash(spec))} as a pipeline of diffusers.");
            }

            return 0;
        });
        return verb;
    }
}
