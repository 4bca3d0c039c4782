using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DdpmJobs.Cli.Verbs;

/// <summary>Help that lists each verb with one sentence, and shows a verb's examples only where that verb is asked about.</summary>
internal sealed class VerbHelp : SynchronousCommandLineAction
{
    private readonly HelpAction _plain = new();
    private readonly Dictionary<Command, string> _more = [];

    /// <summary>Puts this help in place: what follows the first empty line of a description moves behind the options.</summary>
    public static void Attach(Command root)
    {
        VerbHelp help = new();
        foreach (Command command in AllOf(root))
        {
            string[] parts = (command.Description ?? "").ReplaceLineEndings("\n").Split("\n\n", 2);
            command.Description = parts[0];
            if (parts.Length > 1)
            {
                help._more.Add(command, parts[1]);
            }
        }

        root.Add(new HelpOption { Action = help, Description = "Show this help." });
    }

    private static IEnumerable<Command> AllOf(Command command) => command.Subcommands.SelectMany(AllOf).Append(command);

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = _plain.Invoke(parseResult);
        if (_more.TryGetValue(parseResult.CommandResult.Command, out string? more))
        {
            parseResult.InvocationConfiguration.Output.WriteLine(more);
        }

        return code;
    }
}
