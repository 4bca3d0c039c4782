using System.CommandLine;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Cli.Verbs;

/// <summary>The verbs of <c>ddpm</c>.</summary>
internal static class CommandLine
{
    private const string About = """
        Trains, evaluates and samples denoising diffusion models as jobs on a queue.

        Start here, with nothing installed but .NET:
          ddpm run samples/digits.yaml
          ddpm plan samples/digits.yaml
          ddpm kinds

        Exit codes: 0 success; 1 the sweep ended with failed or cancelled jobs; 2 bad input or environment; 130 interrupted.
        """;

    /// <summary>The whole command, speaking to one terminal.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        RootCommand root = new(About)
        {
            RunVerb.Create(terminal),
            UpVerb.Create(terminal),
            PlanVerb.Create(terminal),
            KindsVerb.Create(terminal),
            SubmitVerb.Create(terminal),
            WatchVerb.Create(terminal),
            ListVerb.Create(terminal),
            ShowVerb.Create(terminal),
            MetricsVerb.Create(terminal),
            RequestVerb.Cancel(terminal),
            RequestVerb.Retry(terminal),
            MigrateVerb.Create(terminal),
            SchedulerVerb.Create(terminal),
            RunnerVerb.Create(terminal),
            VersionVerb.Create(terminal),
        };
        return root;
    }

    /// <summary>One sentence on a command line that was not understood.</summary>
    public static string WhatIsWrong(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string help = command is RootCommand ? "ddpm --help" : $"ddpm {command.Name} --help";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            string what = command is RootCommand && !token.StartsWith('-') ? "verb" : token.StartsWith('-') ? "option" : "argument";
            IEnumerable<string> names = what == "verb" ? command.Subcommands.Select(c => c.Name) : what == "option" ? command.Options.SelectMany(o => o.Aliases.Append(o.Name)) : [];
            string hint = Spelling.Hint(token, names);
            return what == "argument"
                ? $"'{token}' is one argument too many; see {help}"
                : $"there is no {what} '{token}'{(hint.Length > 0 ? hint : $"; see {help}")}";
        }

        return $"{parsed.Errors[0].Message.TrimEnd('.')} (see {help})";
    }
}
