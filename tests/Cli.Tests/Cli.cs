using System.Text.Json;

namespace DdpmJobs.Cli.Tests;

/// <summary>Runs <c>ddpm</c> in this process, as from a pipe.</summary>
internal sealed record Cli(int Code, string Output, string Errors)
{
    public static async Task<Cli> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = await Program.RunAsync(arguments, Terminal.OfPipes(output, errors, environment), TestContext.Current.CancellationToken);
        return new Cli(code, output.ToString(), errors.ToString());
    }

    public static Task<Cli> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string>(), arguments);

    /// <summary>The output as one JSON document.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Asserts the refusal of bad input: exit code 2, one sentence, no stack, no output.</summary>
    public string Refusal()
    {
        Assert.Equal(2, Code);
        Assert.Equal("", Output);
        string line = Assert.Single(Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("ddpm: ", line);
        Assert.DoesNotContain("Exception", line);
        return line;
    }
}
