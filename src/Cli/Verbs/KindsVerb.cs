using System.CommandLine;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Specs;
using Spectre.Console;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm kinds</c>: the catalogue of components.</summary>
internal static class KindsVerb
{
    private const string About = """
        Lists what a sweep can be made of: every component with its parameters, defaults, limits and source.

        Examples:
          ddpm kinds
          ddpm kinds schedule
          ddpm kinds schedule cosine
          ddpm kinds schedule cosine --timesteps 100 --json
          ddpm kinds schedule linear --set beta_end=0.03 --plot linear.png
          ddpm kinds network ddpm_unet --summary --set channels=64 --image 3x32x32
        """;

    public static Command Create(Terminal terminal)
    {
        Argument<string?> family = new("FAMILY") { Description = "As in schedule; all by default.", Arity = ArgumentArity.ZeroOrOne };
        Argument<string?> kind = new("KIND") { Description = "As in cosine; all of the family by default.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> json = VerbOptions.Json();
        Option<string[]> set = new("--set") { Description = "A parameter of the kind, as in beta_end=0.03 or channels=64; may be repeated.", HelpName = "NAME=VALUE", Arity = ArgumentArity.OneOrMore };
        KindsVerbTables tables = new(set);
        NetworkSummaryOption summary = new(set);
        Command verb = new("kinds", About) { family, kind, json };
        foreach (Option option in new[] { set }.Concat(tables.Options).Concat(summary.Options))
        {
            verb.Add(option);
        }

        verb.SetAction(line =>
        {
            IReadOnlyList<KindFamily> families = Choose(line.GetValue(family), line.GetValue(kind));
            if (summary.IsAsked(line))
            {
                summary.Write(line, line.GetValue(family), line.GetValue(kind), line.GetValue(json), terminal);
            }
            else if (tables.AreAskedFor(line))
            {
                tables.Write(line, families, line.GetValue(json), terminal);
            }
            else if (line.GetValue(json))
            {
                terminal.WriteJson(families);
            }
            else if (line.GetValue(family) is null)
            {
                WriteAll(families, terminal);
            }
            else
            {
                foreach (KindInfo info in families[0].Kinds)
                {
                    Write(families[0].Name, info, terminal);
                }
            }

            return 0;
        });
        return verb;
    }

    private static IReadOnlyList<KindFamily> Choose(string? familyName, string? kindName)
    {
        IReadOnlyList<KindFamily> families = Kinds.Families();
        if (familyName is null)
        {
            return families;
        }

        KindFamily family = families.FirstOrDefault(f => f.Name == familyName) ?? throw Unknown("family", familyName, [.. families.Select(f => f.Name)]);
        if (kindName is null)
        {
            return [family];
        }

        KindInfo kind = family.Kinds.FirstOrDefault(k => k.Name == kindName) ?? throw Unknown(familyName, kindName, [.. family.Kinds.Select(k => k.Name)]);
        return [family with { Kinds = [kind] }];
    }

    private static CliException Unknown(string what, string name, IReadOnlyList<string> names)
    {
        string hint = Spelling.Hint(name, names);
        return new CliException($"there is no {what} '{name}'{(hint.Length > 0 ? hint : $"; there are {string.Join(", ", names)}")}");
    }

    private static void WriteAll(IReadOnlyList<KindFamily> families, Terminal terminal)
    {
        Table table = new Table().RoundedBorder().AddColumns("family", "kind", "what it is");
        foreach (KindFamily family in families)
        {
            for (int i = 0; i < family.Kinds.Count; i++)
            {
                table.AddRow(i == 0 ? family.Name : "", family.Kinds[i].Name, Markup.Escape(family.Kinds[i].Summary));
            }
        }

        terminal.Write(table);
        terminal.Out.WriteLine("Parameters, defaults and sources: ddpm kinds FAMILY [KIND]");
    }

    private static void Write(string family, KindInfo kind, Terminal terminal)
    {
        terminal.Out.WriteLine($"{family} {kind.Name}: {kind.Summary}");
        terminal.Out.WriteLine($"  source: {kind.Source}");
        if (kind.Parameters.Count == 0)
        {
            terminal.Out.WriteLine("  no parameters");
            terminal.Out.WriteLine();
            return;
        }

        Table table = new Table().RoundedBorder().AddColumns("parameter", "type", "default", "limits", "meaning");
        foreach (KindParameter parameter in kind.Parameters)
        {
            table.AddRow(
                parameter.Name, Markup.Escape(parameter.Type), Markup.Escape(parameter.Required ? "(required)" : parameter.Default?.ToJsonString() ?? "null"),
                Markup.Escape(parameter.Range), Markup.Escape(parameter.Description));
        }

        terminal.Write(table);
    }
}
