using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Plots;
using DdpmJobs.Model.Specs;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm kinds schedule KIND --timesteps N</c>: the tables of a process.</summary>
internal sealed class KindsVerbTables
{
    private const int ShownRows = 11;

    private readonly Option<int?> _timesteps = new("--timesteps") { Description = "Of a schedule: print the tables of its process with N timesteps.", HelpName = "N" };
    private readonly Option<string[]> _set;
    private readonly Option<string?> _plot = new("--plot") { Description = "Write a picture (PNG) of beta, alphaBar and log-SNR.", HelpName = "FILE" };

    /// <summary>Makes the options.</summary>
    /// <param name="set">The option that sets parameters.</param>
    public KindsVerbTables(Option<string[]> set)
    {
        _set = set;
        _timesteps.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out _))
            {
                result.AddError($"--timesteps must be a whole number; got '{result.Tokens[0].Value}'");
            }
        });
    }

    /// <summary>The options that ask for tables, beside the one that sets parameters.</summary>
    public IReadOnlyList<Option> Options => [_timesteps, _plot];

    /// <summary>Whether a command line asks for tables.</summary>
    public bool AreAskedFor(ParseResult line) => line.GetValue(_timesteps) is not null || line.GetValue(_set) is { Length: > 0 } || line.GetValue(_plot) is not null;

    /// <summary>Prints the tables and writes the picture.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="families">The family and kind that it names.</param>
    /// <param name="asJson">Whether all values are printed, in full precision.</param>
    /// <param name="terminal">Where to.</param>
    /// <exception cref="CliException">It names no schedule, or a parameter without a value, or the picture cannot be written.</exception>
    /// <exception cref="SpecException">The schedule cannot be as it was asked for.</exception>
    public void Write(ParseResult line, IReadOnlyList<KindFamily> families, bool asJson, Terminal terminal)
    {
        if (families is not [{ Name: "schedule", Kinds: [KindInfo kind] }])
        {
            throw new CliException("--timesteps, --set and --plot are for one schedule, as in 'ddpm kinds schedule cosine --timesteps 100'");
        }

        // Build the process.
        JsonObject asked = new() { ["schedule"] = Schedule(kind.Name, line.GetValue(_set) ?? []) };
        if (line.GetValue(_timesteps) is int timesteps)
        {
            asked["timesteps"] = timesteps;
        }

        ProcessSpec spec = SpecJson.Read<ProcessSpec>(asked);
        GaussianDiffusion process = new(Betas(spec));

        // Show it.
        if (line.GetValue(_plot) is string file)
        {
            PlotFile.Require(file);
            SchedulePlot.Write(kind.Name, process, file);
        }

        if (asJson)
        {
            terminal.WriteJson(Document(spec, process));
        }
        else
        {
            WriteRows(kind.Name, process, terminal);
            if (line.GetValue(_plot) is string written)
            {
                terminal.Out.WriteLine($"Wrote {written}.");
            }
        }
    }

    private static JsonObject Schedule(string kind, IReadOnlyList<string> settings)
    {
        JsonObject schedule = new() { ["kind"] = kind };
        foreach (string setting in settings)
        {
            int equals = setting.IndexOf('=');
            if (equals <= 0)
            {
                throw new CliException($"--set takes a name and a value, as in beta_end=0.03; got '{setting}'");
            }

            // A dot leads into a parameter that is itself a mapping.
            string[] names = setting[..equals].Split('.');
            JsonObject parent = schedule;
            foreach (string name in names[..^1])
            {
                parent[name] ??= new JsonObject();
                parent = parent[name] as JsonObject ?? throw new CliException($"--set {setting}: '{name}' was given a single value before, so nothing can be set in it");
            }

            parent[names[^1]] = Value(setting[(equals + 1)..]);
        }

        return schedule;
    }

    // A value is JSON where it can be, and else the text itself: of=cosine is of="cosine".
    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static double[] Betas(ProcessSpec spec)
    {
        try
        {
            return spec.Schedule.RequireBetas(spec.Timesteps);
        }
        catch (SpecException e)
        {
            throw new SpecException(SpecPath.Member("schedule", e.Path), e.Reason);
        }
    }

    private static Dictionary<string, object> Document(ProcessSpec spec, GaussianDiffusion process)
    {
        Dictionary<string, object> document = new()
        {
            ["schedule"] = SpecJson.Write(spec.Schedule),
            ["timesteps"] = spec.Timesteps,
            ["schedule_hash"] = ProcessTables.Sha256(process.Betas),
            ["prior_bits_per_dim_at_most"] = TerminalNoise.WorstBitsPerDim(process),
        };
        foreach ((string name, IReadOnlyList<double> values) in ProcessTables.Of(process))
        {
            document.Add(name, values);
        }

        return document;
    }

    private static void WriteRows(string name, GaussianDiffusion process, Terminal terminal)
    {
        Table table = new Table().RoundedBorder().AddColumns("t", "beta", "alphas_cumprod", "sqrt_one_minus_alphas_cumprod", "posterior_variance", "log-SNR");
        foreach (int t in Enumerable.Range(0, ShownRows).Select(i => (int)((long)i * (process.Timesteps - 1) / (ShownRows - 1))).Distinct())
        {
            double[] values = [process.Betas[t], process.AlphasCumprod[t], process.SqrtOneMinusAlphasCumprod[t], process.PosteriorVariance[t], SchedulePlot.LogSnr(process.AlphasCumprod[t])];
            table.AddRow([t.ToString(CultureInfo.InvariantCulture), .. values.Select(v => Wording.Number(v, 6))]);
        }

        terminal.Write(table);
        double bits = TerminalNoise.WorstBitsPerDim(process);
        string judged = bits <= TerminalNoise.SmallBitsPerDim ? "small" : $"not small: above {Wording.Number(TerminalNoise.SmallBitsPerDim, 2)}, so x_T is not pure noise";
        terminal.Out.WriteLine($"{name} with {process.Timesteps} timesteps: prior term L_T at most {Wording.Number(bits, 3)} bits/dim ({judged}). Every table in full: --json");
        terminal.Out.WriteLine("L_T = D_KL(q(x_T|x_0) || N(0, I)), which Ho et al. 2020, section 4, want near 0; at most: of images in [-1, 1], reached by those of black and white alone.");
    }
}
