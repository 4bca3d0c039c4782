using System.CommandLine;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Hosting;
using DdpmJobs.Cli.Weights;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm weights</c>: the published networks that quality is measured by.</summary>
internal static class WeightsVerb
{
    private const string About = """
        Keeps the weights of published networks that quality is measured by, in the folder DDPM__Weights__Folder (ddpm-data/weights by default).

        Examples:
          ddpm weights list
          ddpm weights add inception
          ddpm weights add ~/downloads/pt_inception-2015-12-05-6726825d.pth
          ddpm weights verify

        No weights come with this program: they are downloaded from where their authors publish them, or added from a file, and checked against the published SHA-256.
        """;

    public static Command Create(Terminal terminal) => new("weights", About) { Add(terminal), List(terminal), Verify(terminal), Url(terminal) };

    private static Command Add(Terminal terminal)
    {
        Argument<string> source = new("SOURCE") { Description = "A file, the name of a network to download, or a URL that ends with the name of a published file." };
        Option<bool> json = VerbOptions.Json();
        Command verb = new("add", "Copies a file in, or downloads it; goes on where a download broke off; checks it, and only then gives it its name.") { source, json };
        verb.SetAction(async (line, cancel) =>
        {
            (PublishedWeights weights, string place) = await AddAsync(line.GetRequiredValue(source), Folder(terminal), terminal, cancel);
            if (line.GetValue(json))
            {
                terminal.WriteJson(new { weights.Network, File = place, weights.Sha256 });
            }
            else
            {
                terminal.Out.WriteLine($"{place}: the weights of {weights.Network}, checked.");
            }

            return ExitCode.Success;
        });
        return verb;
    }

    private static Command List(Terminal terminal)
    {
        Option<bool> json = VerbOptions.Json();
        Command verb = new("list", "Lists the networks, and which weights are there.") { json };
        verb.SetAction(line =>
        {
            WeightsFolder folder = Folder(terminal);
            var rows = PublishedWeights.All.Select(weights => new { weights.Network, File = folder.Find(weights) ?? folder.PlaceOf(weights), weights.Length, State = StateOf(weights, folder), weights.License }).ToArray();
            if (line.GetValue(json))
            {
                terminal.WriteJson(rows);
                return;
            }

            Table table = new Table().AddColumns("network", "bytes", "state", "file", "licence");
            foreach (var row in rows)
            {
                table.AddRow(row.Network, $"{row.Length}", row.State, Markup.Escape(row.File), Markup.Escape(row.License));
            }

            terminal.Write(table);
        });
        return verb;
    }

    private static Command Verify(Terminal terminal)
    {
        Option<bool> json = VerbOptions.Json();
        Command verb = new("verify", "Checks every file that is there against the published SHA-256.") { json };
        verb.SetAction((line, cancel) =>
        {
            WeightsFolder folder = Folder(terminal);
            (PublishedWeights Weights, string File)[] there = [.. PublishedWeights.All.Select(weights => (weights, folder.Find(weights)!)).Where(found => found.Item2 is not null)];
            foreach ((PublishedWeights weights, string file) in there)
            {
                WeightStore.Verify(weights, file, cancel);
            }

            if (line.GetValue(json))
            {
                terminal.WriteJson(there.Select(found => new { found.Weights.Network, found.File, found.Weights.Sha256 }));
            }
            else
            {
                string[] lines = [.. there.Select(found => $"{found.File}: the weights of {found.Weights.Network}, as published.")];
                terminal.Out.WriteLine(lines.Length > 0 ? string.Join(Environment.NewLine, lines) : $"{folder.Path} holds no weights.");
            }

            return Task.FromResult(ExitCode.Success);
        });
        return verb;
    }

    private static Command Url(Terminal terminal)
    {
        Option<bool> json = VerbOptions.Json();
        Command verb = new("url", "Prints where each file is published.") { json };
        verb.SetAction(line =>
        {
            if (line.GetValue(json))
            {
                terminal.WriteJson(PublishedWeights.All.Select(weights => new { weights.Network, weights.FileName, weights.Length, weights.Sha256, weights.Url, weights.License }));
                return;
            }

            foreach (PublishedWeights weights in PublishedWeights.All)
            {
                terminal.Out.WriteLine($"{weights.Network} {weights.Url}");
            }
        });
        return verb;
    }

    private static async Task<(PublishedWeights Weights, string Place)> AddAsync(string source, WeightsFolder folder, Terminal terminal, CancellationToken cancel)
    {
        if (source.Contains("://", StringComparison.Ordinal))
        {
            if (!Uri.TryCreate(source, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
            {
                throw new CliException($"'{source}' is no address of http or https.");
            }

            string name = Path.GetFileName(url.AbsolutePath);
            PublishedWeights weights = PublishedWeights.All.FirstOrDefault(weights => weights.FileName == name)
                ?? throw new CliException($"'{source}' does not end with the name of a published file; they are {string.Join(", ", PublishedWeights.All.Select(weights => weights.FileName))}.");
            return (weights, await new WeightDownload(terminal.Error).RunAsync(url, weights, folder, cancel));
        }

        if (!File.Exists(source) && PublishedWeights.Find(source) is PublishedWeights published)
        {
            terminal.Error.WriteLine($"ddpm: {published.Url}; licence: {published.License}");
            return (published, await new WeightDownload(terminal.Error).RunAsync(published.Url, published, folder, cancel));
        }

        return WeightStore.Copy(source, folder, cancel);
    }

    /// <summary>The folder that this deployment keeps weights in.</summary>
    /// <exception cref="CliException">The setting is empty.</exception>
    public static WeightsFolder Folder(Terminal terminal)
    {
        string folder = DeploymentReader.Read(terminal.Environment).Weights.Folder;
        return folder.Length > 0 ? new WeightsFolder(folder) : throw new CliException("DDPM__Weights__Folder must be the path of a folder; got an empty text");
    }

    private static string StateOf(PublishedWeights weights, WeightsFolder folder)
    {
        string part = $"{folder.PlaceOf(weights)}.part";
        return folder.Find(weights) is string file
                ? file == folder.PlaceOf(weights) && new FileInfo(file).Length != weights.Length ? "damaged: of another length" : "there"
            : File.Exists(part) ? $"broken off after {new FileInfo(part).Length} bytes"
            : "not there";
    }
}
