using System.CommandLine;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Results;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm submit</c>: a sweep to a scheduler.</summary>
internal static class SubmitVerb
{
    private const string About = """
        Submits a sweep to a scheduler. The same sweep again is found, not repeated; 'ddpm retry' tries its failed jobs again.

        Examples:
          ddpm submit samples/digits.yaml --watch
          ddpm submit cifar10.yaml --checkpoint imported.safetensors
          DDPM__Token=… ddpm submit my.yaml --server http://scheduler:5080
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> file = VerbOptions.File();
        Option<string[]> checkpoints = CheckpointOption.Create();
        Option<bool> watch = new("--watch") { Description = "Show its progress until it ends; Ctrl-C ends only the watching." };
        Option<string?> pictures = WatchVerb.Pictures();
        Option<string?> server = VerbOptions.Server();
        Option<bool> json = VerbOptions.Json();
        Command verb = new("submit", About) { file, checkpoints, watch, pictures, server, json };
        verb.SetAction(async (line, cancel) =>
        {
            string path = line.GetRequiredValue(file);
            string yaml = await SweepText.ReadAsync(path, cancel);
            using ApiClient api = VerbOptions.Client(terminal, line.GetValue(server));
            string[] given = line.GetValue(checkpoints) ?? [];
            if (given.Length > 0)
            {
                CheckpointOption.Check(yaml, path, given);
            }

            SubmitReply reply = await api.SubmitAsync(yaml, path, await CheckpointOption.UploadAsync(api, given, cancel), cancel);
            bool asJson = line.GetValue(json);
            if (line.GetValue(watch))
            {
                WarningText.Write(reply.SweepId.ToString(), reply.Warnings, terminal);
                (asJson ? terminal.Error : terminal.Out).WriteLine(Sentence(reply));
                return await WatchVerb.WatchAsync(terminal, api, reply.SweepId.ToString(), line.GetValue(pictures), asJson, cancel);
            }

            if (asJson)
            {
                terminal.WriteJson(reply);
            }
            else
            {
                WarningText.Write(reply.SweepId.ToString(), reply.Warnings, terminal);
                terminal.Out.WriteLine(Sentence(reply));
                terminal.Out.WriteLine($"Watch it: ddpm watch {reply.SweepId}");
            }

            return 0;
        });
        return verb;
    }

    private static string Sentence(SubmitReply reply)
        => $"{(reply.Created ? "Submitted" : "Submitted before, nothing was added:")} sweep {reply.SweepId}: {reply.Runs} runs, {reply.Jobs} jobs.";
}
