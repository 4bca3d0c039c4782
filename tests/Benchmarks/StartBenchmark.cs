using System.Diagnostics;
using System.Globalization;
using DdpmJobs.GpuRunner;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.GpuRunner.Slots;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Benchmarks;

/// <summary>Times a job from its claim to the end of its first training step, through the runner's executor on an embedded store: <c>start [digits|cifar10] [--threads N] [--data FOLDER]</c>.</summary>
internal static class StartBenchmark
{
    private const int Processes = 5;
    private const string Once = "--once";

    private static readonly Dictionary<string, RunSpec> Cases = new()
    {
        ["digits"] = new RunSpec
        {
            Data = new Optdigits(),
            Network = new DdpmUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0, Groups = 8 },
            Training = new TrainingSpec { Steps = 1000, LogEvery = 1 },
        },
        ["cifar10"] = new RunSpec { Data = new Cifar10(), Training = new TrainingSpec { Steps = 1000, BatchSize = 16, LogEvery = 1, HorizontalFlip = true } },
    };

    public static int Run(string[] args)
    {
        if (args.Contains("--parts"))
        {
            Parts(args.Contains("digits") ? "digits" : "cifar10", Option(args, "--data"));
            return 0;
        }

        string[] names = args.Intersect(Cases.Keys).ToArray() is { Length: > 0 } chosen ? chosen : [.. Cases.Keys];
        int threads = int.Parse(Option(args, "--threads") ?? "1", CultureInfo.InvariantCulture);
        string data = Option(args, "--data") ?? "";
        if (args.Contains(Once))
        {
            OnceAsync(names[0], threads, data).GetAwaiter().GetResult();
            return 0;
        }

        Console.WriteLine($"medians of {Processes} processes, {threads} thread(s): the first job of a new process, and the second, third and fourth");
        foreach (string name in names)
        {
            (bool Fresh, double[] Phases)[] all = [.. Enumerable.Range(0, Processes).SelectMany(_ => Child(name, threads, data))];
            Report(name, "first job", [.. all.Where(line => line.Fresh).Select(line => line.Phases)]);
            Report(name, "later jobs", [.. all.Where(line => !line.Fresh).Select(line => line.Phases)]);
        }

        return 0;
    }

    // To be read by the parent: claim to work, work to the first step's begin, and its length, in milliseconds.
    private static async Task OnceAsync(string name, int threads, string data)
    {
        TensorMemory.Keep();
        string folder = Directory.CreateTempSubdirectory("ddpm-start-").FullName;
        RunnerOptions options = new() { Name = "benchmark", Devices = "cpu", Slots = 1, ThreadsPerSlot = threads, DataFolder = data, WorkFolder = Path.Combine(folder, "work") };
        Watched watched = new(RunWork.OfModel(threads));
        await using (ServiceProvider services = Services(folder, options, watched.Work))
        {
            await using (TrackingDb db = await services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync())
                await MigrationLevel.MigrateAsync(db, CancellationToken.None);
            RunnerPresence presence = services.GetRequiredService<RunnerPresence>();
            await presence.EnterAsync([new Slot(0, "cpu")], CancellationToken.None);
            for (int job = 0; job < 4; job++)
            {
                RunSpec spec = Cases[name] with { Seed = job };
                await services.GetRequiredService<SweepStore>().SubmitAsync(
                    new SweepDraft($"start-{job}", SpecJson.Hash(spec), "name: start", "default", "benchmark", [new RunDraft("start", "{}", spec)]), "{}", CancellationToken.None);
                watched.Claimed = Stopwatch.GetTimestamp();
                Lease lease = await services.GetRequiredService<JobQueue>().ClaimAsync(presence.Id, options.Name, "default", [JobKind.Train], null, CancellationToken.None)
                    ?? throw new InvalidOperationException("There is nothing to claim.");
                AttemptOutcome outcome = await services.GetRequiredService<RunExecutor>().ExecuteAsync(lease, new Slot(0, "cpu"), CancellationToken.None);
                if (outcome.Ending is not AttemptEnding.Diverged)
                    throw new InvalidOperationException($"The job did not come to its first step: {outcome.Ending}");
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{job} {watched.Milliseconds(watched.Claimed, watched.Begun):F1} {watched.Milliseconds(watched.Begun, watched.Ready):F1} {watched.Milliseconds(watched.Ready, watched.Stepped):F1}"));
            }
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    // Where the time before the first step goes.
    private static void Parts(string name, string? data)
    {
        TensorMemory.Keep();
        RunSpec spec = Cases[name];
        for (int round = 0; round < 3; round++)
        {
            long begin = Stopwatch.GetTimestamp();
            ImageSet images = spec.Data.Load(Split.Train, data);
            long loaded = Stopwatch.GetTimestamp();
            using (spec.Network.Build(images.Shape.C, images.Shape.C, images.Shape.H, round, new DropoutContext(round)))
            {
                long built = Stopwatch.GetTimestamp();
                using TrainingState state = new(spec, images.Shape.C, TorchSharp.torch.CPU);
                long whole = Stopwatch.GetTimestamp();
                new BatchSource(spec, images, TorchSharp.torch.CPU).Indices(0);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"images {Stopwatch.GetElapsedTime(begin, loaded).TotalSeconds:F2} s, network {Stopwatch.GetElapsedTime(loaded, built).TotalSeconds:F2} s, network and buffers {Stopwatch.GetElapsedTime(built, whole).TotalSeconds:F2} s, order of the images {Stopwatch.GetElapsedTime(whole).TotalSeconds:F2} s"));
            }
        }
    }

    private static ServiceProvider Services(string folder, RunnerOptions options, RunWork work)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddTracking(new StoreOptions { SqliteFile = Path.Combine(folder, "ddpm.db") }, new ArtifactOptions { Folder = Path.Combine(folder, "artifacts") }, new LeaseOptions());
        services.AddSingleton(work);
        services.AddRunner(options);
        return services.BuildServiceProvider();
    }

    private static IEnumerable<(bool Fresh, double[] Phases)> Child(string name, int threads, string data)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true };
        string[] arguments = [typeof(StartBenchmark).Assembly.Location, "start", name, Once, "--threads", threads.ToString(CultureInfo.InvariantCulture), .. data.Length > 0 ? new[] { "--data", data } : []];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The process of {name} ended with exit code {process.ExitCode}.");
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            double[] numbers = [.. line.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
            yield return (numbers[0] == 0, numbers[1..]);
        }
    }

    private static void Report(string name, string which, double[][] jobs)
    {
        double Median(Func<double[], double> of) => jobs.Select(of).Order().ElementAt(jobs.Length / 2) / 1000;
        double slowest = jobs.Max(job => job.Sum()) / 1000;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}, {which}: {Median(job => job.Sum()):F2} s to the end of the first step (slowest {slowest:F2}): runner {Median(job => job[0]):F2}, data and network {Median(job => job[1]):F2}, step {Median(job => job[2]):F2}"));
    }

    private static string? Option(string[] args, string name) => Array.IndexOf(args, name) is int place and >= 0 ? args[place + 1] : null;

    /// <summary>The real training, which notes when it comes where, and ends after the first step.</summary>
    private sealed class Watched
    {
        public Watched(RunWork real) => Work = real with { Train = (spec, session, stop) => Train(real, spec, session, stop) };

        public RunWork Work { get; }

        public long Claimed { get; set; }

        public long Begun { get; private set; }

        public long Ready { get; private set; }

        public long Stepped { get; private set; }

        public double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;

        private TrainingEnd Train(RunWork real, RunSpec spec, TrainingSession session, CancellationToken stop)
        {
            Begun = Stopwatch.GetTimestamp();
            return real.Train(spec, session with
            {
                OnData = hash =>
                {
                    Ready = Stopwatch.GetTimestamp();
                    session.OnData!(hash);
                },
                OnPoints = points =>
                {
                    // An end that writes no checkpoint and is not tried again.
                    Stepped = Stopwatch.GetTimestamp();
                    throw new DivergedException(new Divergence { Step = points.FirstStep, Cause = DivergenceCause.Loss });
                },
            }, stop);
        }
    }
}
