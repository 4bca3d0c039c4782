using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>A team's deployment: one migrated database, and the processes that a test starts on it.</summary>
internal sealed class Team : IAsyncDisposable
{
    /// <summary>Longest wait for anything.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>How long a lease lasts here.</summary>
    public static readonly TimeSpan LeaseTtl = TimeSpan.FromSeconds(5);

    private readonly ScratchFolder _scratch = new();
    private readonly List<CliProcess> _processes = [];
    private readonly Dictionary<string, string> _environment;
    private readonly int _port = CliProcess.FreePort();

    private Team(string postgres, string broker)
    {
        Postgres = postgres;
        _environment = new()
        {
            ["DDPM__Postgres"] = postgres,
            ["DDPM__RabbitMq"] = broker,
            ["DDPM__Artifacts__Folder"] = ArtifactFolder,
            ["DDPM__Runner__CheckpointInterval"] = "00:00:01",
            ["DDPM__Lease__Ttl"] = LeaseTtl.ToString(),
            ["DDPM__Lease__Heartbeat"] = "00:00:02",
            ["DDPM__Scheduler__ReconcileEvery"] = "00:00:01",
            ["DDPM__Server"] = Address.ToString(),
        };
    }

    /// <summary>The connection string of the database.</summary>
    public string Postgres { get; }

    /// <summary>Where the scheduler listens.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>A folder of the test.</summary>
    public string Folder => _scratch.Path;

    /// <summary>Where artifacts are.</summary>
    public string ArtifactFolder => Path.Combine(_scratch.Path, "artifacts");

    /// <summary>Everything that was started, for a failed assertion.</summary>
    public string Describe() => string.Join('\n', _processes.Select(process => process.Describe()));

    /// <summary>Migrates an empty database.</summary>
    public static async Task<Team> CreateAsync(string postgres, string broker)
    {
        var team = new Team(postgres, broker);
        Assert.Equal(0, await team.RunAsync("migrate"));
        return team;
    }

    /// <summary>Starts a command.</summary>
    public CliProcess Start(params string[] arguments) => Start(_environment, arguments);

    /// <summary>Runs a command to its end.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> RunAsync(params string[] arguments) => Start(arguments).EndAsync(Limit);

    /// <summary>Starts the scheduler and waits until it answers.</summary>
    public async Task<CliProcess> StartSchedulerAsync()
    {
        CliProcess scheduler = Start("scheduler", "--urls", Address.ToString().TrimEnd('/'));
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            Assert.False(limit.IsCancellationRequested || scheduler.HasEnded, scheduler.Describe());
            try
            {
                using HttpResponseMessage reply = await client.GetAsync(new Uri(Address, "health"), limit.Token);
                if (reply.IsSuccessStatusCode)
                    break;
            }
            catch (HttpRequestException)
            {
                // not listening yet
            }
        }

        return scheduler;
    }

    /// <summary>Starts a runner.</summary>
    public CliProcess StartRunner(string name, int slots, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string>(_environment)
        {
            ["DDPM__Runner__Name"] = name,
            ["DDPM__Runner__WorkFolder"] = Path.Combine(_scratch.Path, "work-" + name),
        };
        foreach ((string variable, string value) in more)
            environment[variable] = value;
        return Start(environment, "runner", "--slots", slots.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until a query has a row, and returns its first column as text.</summary>
    public async Task<string> UntilAsync(string sql)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            if (await FirstAsync(sql) is { } found)
                return found;
            Assert.False(limit.IsCancellationRequested, $"{sql}\n{Describe()}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>The first column of a query's first row as text; null without a row.</summary>
    public async Task<string?> FirstAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Postgres);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))?.ToString();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (CliProcess process in _processes)
            await process.DisposeAsync();
        _scratch.Dispose();
    }

    private CliProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        CliProcess process = CliProcess.Start(_scratch.Path, environment, arguments);
        _processes.Add(process);
        return process;
    }
}
