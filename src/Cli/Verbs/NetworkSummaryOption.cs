using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm kinds network KIND --summary</c>: layers, shapes, parameters and cost of a network. The only part of the verb that loads libtorch.</summary>
internal sealed partial class NetworkSummaryOption(Option<string[]> set)
{
    private readonly Option<bool> _summary = new("--summary") { Description = "Of one network: build it and list its layers, shapes, parameters and multiplications (MACs)." };

    private readonly Option<string> _image = new("--image")
    {
        Description = "With --summary: channels, height and width of the images.", HelpName = "CxHxW", DefaultValueFactory = _ => "3x32x32",
    };

    private readonly Option<int?> _outputs = new("--output-channels") { Description = "With --summary: channels of the output; the image's by default, twice as many for a learned variance.", HelpName = "N" };

    /// <summary>The options of a summary, beside the one that sets parameters.</summary>
    public IReadOnlyList<Option> Options => [_summary, _image, _outputs];

    /// <summary>Whether the command line asks for a summary.</summary>
    public bool IsAsked(ParseResult line) => line.GetValue(_summary);

    /// <summary>Writes the summary.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="family">The family it names.</param>
    /// <param name="kind">The kind it names.</param>
    /// <param name="json">Whether as JSON.</param>
    /// <param name="terminal">Where to.</param>
    /// <exception cref="CliException">The command line asks for what there is not.</exception>
    /// <exception cref="SpecException">A parameter is wrong.</exception>
    public void Write(ParseResult line, string? family, string? kind, bool json, Terminal terminal)
    {
        if (family != "network" || kind is null)
            throw new CliException("--summary is of one network, as in: ddpm kinds network ddpm_unet --summary");
        (int C, int H, int W) image = Image(line.GetValue(_image)!);
        JsonObject spec = new() { ["kind"] = kind };
        foreach (string setting in line.GetValue(set) ?? [])
        {
            (string name, JsonNode? value) = Setting(setting);
            spec[name] = value;
        }

        Network network = SpecJson.Read<Network>(spec);
        NetworkSummary summary = NetworkSummary.Of(network, image, line.GetValue(_outputs) ?? image.C);
        if (json)
            terminal.WriteJson(summary);
        else
            Write(summary, terminal);
    }

    private static void Write(NetworkSummary summary, Terminal terminal)
    {
        Table table = new Table().RoundedBorder().AddColumns("layer", "kind", "output", "parameters", "MACs");
        table.Columns[3].RightAligned();
        table.Columns[4].RightAligned();
        foreach (LayerSummary layer in summary.Layers)
            table.AddRow(layer.Name, layer.Kind, string.Join(" x ", layer.OutputShape), Number(layer.Parameters), Number(layer.Macs));
        terminal.Write(table);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Layers.Count} layers, {summary.Parameters:N0} parameters, {summary.Macs / 1e9:0.###} GMAC for one image of {string.Join(" x ", summary.Image)}"));
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static (int C, int H, int W) Image(string text)
    {
        Match match = ImagePattern().Match(text);
        if (!match.Success)
            throw new CliException($"--image is channels x height x width, as in 3x32x32; got '{text}'");
        int Extent(int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
        return (Extent(1), Extent(2), Extent(3));
    }

    // The value is JSON where it is JSON, as [1,2] and 0.1 and true are, and text otherwise.
    private static (string Name, JsonNode? Value) Setting(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new CliException($"--set is NAME=VALUE, as in channels=64; got '{text}'");
        (string name, string value) = (text[..equals], text[(equals + 1)..]);
        try
        {
            return (name, JsonNode.Parse(value));
        }
        catch (JsonException)
        {
            return (name, JsonValue.Create(value));
        }
    }

    [GeneratedRegex("^([1-9][0-9]{0,4})x([1-9][0-9]{0,4})x([1-9][0-9]{0,4})$")]
    private static partial Regex ImagePattern();
}
