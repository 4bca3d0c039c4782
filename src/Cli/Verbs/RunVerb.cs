using System.CommandLine;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Hosting;
using DdpmJobs.Cli.Results;
using DdpmJobs.Cli.Watching;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;
using Serilog.Events;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm run</c>: a sweep from file to leaderboard in one process.</summary>
internal static class RunVerb
{
    private const string About = """
        Runs a sweep to its end in this process, with nothing else installed: trains, evaluates and samples every run, and ranks them.

        Ctrl-C writes checkpoints and stops; the same command again goes on where it stopped. A second Ctrl-C ends at once.

        Examples:
          ddpm run samples/digits.yaml
          ddpm run my.yaml --data /big/disk --json > result.json
          ddpm run cifar10.yaml --checkpoint imported.safetensors

        Exit codes: 0 success; 1 jobs failed or were cancelled; 2 bad input or environment; 130 interrupted.
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string> file = VerbOptions.File();
        Option<string[]> checkpoints = CheckpointOption.Create();
        Option<string> data = VerbOptions.Data();
        Option<int?> port = VerbOptions.Port($"by default {Ports.Default}, or any other when that is in use.");
        Option<bool> json = VerbOptions.Json();
        Option<string?> pictures = new("--out") { Description = "Folder for the pictures; results/<sweep> in the data folder by default.", HelpName = "DIR" };
        Command verb = new("run", About) { file, checkpoints, data, port, json, pictures };
        verb.SetAction((line, cancel) => RunAsync(
            terminal, line.GetRequiredValue(file), line.GetValue(checkpoints) ?? [], line.GetRequiredValue(data), line.GetValue(port), line.GetValue(json), line.GetValue(pictures), cancel));
        return verb;
    }

    private static async Task<EmbeddedHost> StartAsync(Terminal terminal, string data, int? port, TextWriter talk, LogEventLevel? console, CancellationToken cancel)
    {
        if (port is int chosen)
        {
            return await EmbeddedHost.StartAsync(terminal, data, chosen, console, cancel);
        }

        // Two runs in two folders at once are fine: whoever comes second takes another port, also when both looked at the same moment.
        try
        {
            return await EmbeddedHost.StartAsync(terminal, data, Ports.Default, console, cancel);
        }
        catch (CliException e) when (Ports.IsInUse(e))
        {
            talk.WriteLine($"Port {Ports.Default} is in use; taking another.");
            return await EmbeddedHost.StartAsync(terminal, data, 0, console, cancel);
        }
    }

    private static async Task<int> RunAsync(Terminal terminal, string file, string[] checkpoints, string data, int? port, bool json, string? pictures, CancellationToken cancel)
    {
        // Refuse a bad file before anything is started or written.
        string yaml = await SweepText.ReadAsync(file, cancel);
        CheckpointOption.Check(yaml, file, checkpoints);
        RequireWeights(SweepFile.Parse(yaml, file, Environment.UserName), WeightsVerb.Folder(terminal));

        TextWriter talk = json ? terminal.Error : terminal.Out;
        LogEventLevel? console = terminal.IsInteractive && !json ? null : LogEventLevel.Warning;
        await using EmbeddedHost host = await StartAsync(terminal, data, port, talk, console, cancel);
        using ApiClient api = host.Client(terminal);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, host.Stopping);
        try
        {
            SweepDetail sweep = await SubmitAsync(api, yaml, file, checkpoints, terminal, talk, host.Address, stop.Token);
            sweep = await new SweepWatch(terminal, api, ownRunner: true).ToEndAsync(sweep.Summary.Id.ToString(), json, stop.Token);
            string folder = pictures ?? PictureFiles.FolderOf(sweep.Summary, Path.Combine(data, "results"));
            int code = await SweepEnd.WriteAsync(sweep, api, folder, json, terminal, stop.Token);
            if (!json)
            {
                talk.WriteLine($"To look around in the dashboard: ddpm up{(data == "ddpm-data" ? "" : $" --data {data}")}");
            }

            return code;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            terminal.Error.WriteLine("Stopping: writing checkpoints…");
            await host.StopAsync();
            terminal.Error.WriteLine("Stopped. Run the same command again to go on.");
            return ExitCode.Interrupted;
        }
        catch (OperationCanceledException) when (host.Stopping.IsCancellationRequested)
        {
            throw new CliException($"the host ended by itself; {host.LogFile} says why.");
        }
    }

    // Nobody wants to train for hours and then hear that it cannot be measured.
    private static void RequireWeights(SweepDraft sweep, WeightsFolder folder)
    {
        foreach (string network in sweep.Runs.SelectMany(run => run.Spec.PublishedWeights).Distinct())
        {
            try
            {
                folder.Require(network);
            }
            catch (FileNotFoundException e)
            {
                throw new CliException($"a metric of the sweep {sweep.Name} needs the weights of {network}: {e.Message}", e);
            }
        }
    }

    // The same sweep again goes on: what failed or was cancelled is tried again.
    private static async Task<SweepDetail> SubmitAsync(
        ApiClient api, string yaml, string file, string[] checkpoints, Terminal terminal, TextWriter talk, Uri address, CancellationToken cancel)
    {
        SubmitReply reply = await api.SubmitAsync(yaml, file, await CheckpointOption.UploadAsync(api, checkpoints, cancel), cancel);
        string id = reply.SweepId.ToString();
        SweepDetail sweep = await api.SweepAsync(id, cancel);
        string what = $"sweep {sweep.Summary.Name}: {reply.Runs} runs, {reply.Jobs} jobs";
        if (reply.Created)
        {
            talk.WriteLine($"Running {what}.");
        }
        else if (sweep.Summary.State == "succeeded")
        {
            talk.WriteLine($"Nothing left to do in {what}; showing its results.");
        }
        else
        {
            string retried = sweep.Summary.State == "running" ? "" : $" {(await api.AskSweepAsync(id, "retry", cancel)).Message}";
            talk.WriteLine($"Resuming {what}.{retried}");
        }

        WarningText.Write(sweep.Summary.Name, reply.Warnings, terminal);
        talk.WriteLine($"Dashboard: {address}hangfire");
        talk.Flush();
        return sweep;
    }
}
