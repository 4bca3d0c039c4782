using System.Diagnostics;
using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>A PostgreSQL and a RabbitMQ of these tests alone, which may be taken away and brought back.</summary>
public sealed class PrivateServers : IAsyncLifetime
{
    // Made by the script, which lets the servers' users in.
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ddpm-servers-{Guid.CreateVersion7():N}");
    private string _problem = "";
    private string _postgres = "";

    /// <summary>The broker's address.</summary>
    public string Broker { get; private set; } = "";

    /// <summary>Skips the test where the servers cannot be started, and fails it in CI.</summary>
    public void Require()
    {
        if (_problem.Length > 0 && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"CI must be able to start servers of its own: {_problem}");
        Assert.SkipWhen(_problem.Length > 0, $"build/services/start cannot start servers here: {_problem}");
    }

    /// <summary>A connection string to a database of this name that does not exist yet.</summary>
    public string Database(string name) => new NpgsqlConnectionStringBuilder(_postgres) { Database = name }.ConnectionString;

    /// <summary>Stops <c>postgres</c> or <c>rabbitmq</c> in the middle of whatever it does; its data stay.</summary>
    public async Task StopAsync(string service)
    {
        (int code, string errors) = await ScriptAsync("stop", _folder, service);
        Assert.True(code == 0, errors);
    }

    /// <summary>Starts it again, at the same address.</summary>
    public async Task StartAsync(string service)
    {
        (int code, string errors) = await ScriptAsync("start", _folder, service);
        Assert.True(code == 0, errors);
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        (int code, string errors) = await ScriptAsync("start", _folder);
        if (code != 0)
        {
            _problem = errors.Length > 0 ? errors : $"it ended with {code}";
            return;
        }

        Dictionary<string, string> variables = File.ReadLines(Path.Combine(_folder, "env"))
            .Select(line => line["export ".Length..].Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim('\''));
        _postgres = variables["DDPM_TEST_POSTGRES"];
        Broker = variables["DDPM_TEST_RABBITMQ"];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await ScriptAsync("stop", _folder);
    }

    private static async Task<(int Code, string Errors)> ScriptAsync(string script, params string[] arguments)
    {
        // The servers inherit what the script has open: it writes to a file, since a pipe would not end before they do.
        string said = Path.GetTempFileName();
        string command = Path.Combine(Repository.Root, "build", "services", script);
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("bash") { ArgumentList = { "-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", said, command } },
        };
        foreach (string argument in arguments)
            process.StartInfo.ArgumentList.Add(argument);
        process.Start();
        await process.WaitForExitAsync();
        string errors = await File.ReadAllTextAsync(said);
        File.Delete(said);
        return (process.ExitCode, errors);
    }
}
