using System.CommandLine;
using System.CommandLine.Parsing;
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
    public static Command Create(Terminal terminal)
    {
        // Not a RootCommand: that calls itself by its assembly's name.
        Command root = new("ddpm", About)
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
            ImportVerb.Create(terminal),
            ExportVerb.Create(terminal),
            StatisticsVerb.Create(terminal),
            WeightsVerb.Create(terminal),
            MigrateVerb.Create(terminal),
            SchedulerVerb.Create(terminal),
            RunnerVerb.Create(terminal),
            VersionVerb.Create(terminal),
        };
        VerbHelp.Attach(root);
        return root;
    }

    /// <summary>One sentence on a command line that was not understood; null when it was.</summary>
    public static string? WhatIsWrong(ParseResult parsed)
    {
        if (parsed.Action is VerbHelp)
        {
            return null;
        }

        Command command = parsed.CommandResult.Command;
        bool isGroup = command.Subcommands.Count > 0;
        string help = $"{PathOf(parsed.CommandResult)} --help";

        // An unknown option would be taken for an argument.
        string? option = parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).FirstOrDefault(t => t.Type == TokenType.Argument && t.Value.Length > 1 && t.Value[0] == '-')?.Value;
        if (option is not null)
        {
            string hint = Spelling.Hint(option, command.Options.Select(o => o.Name));
            return $"there is no option '{option}'{(hint.Length > 0 ? hint : $"; see {help}")}";
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            string hint = isGroup ? Spelling.Hint(token, command.Subcommands.Select(c => c.Name)) : "";
            return isGroup ? $"there is no verb '{token}'{(hint.Length > 0 ? hint : $"; see {help}")}" : $"'{token}' is one argument too many; see {help}";
        }

        return parsed.Errors.Count > 0 ? $"{parsed.Errors[0].Message.TrimEnd('.')} (see {help})" : null;
    }

    private static string PathOf(CommandResult command) => command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : command.Command.Name;
}
