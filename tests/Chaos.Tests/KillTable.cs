using System.Globalization;
using System.Text;
using System.Text.Json;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Chaos.Tests;

/// <summary>Makes docs/kill-table.md: every combination that the specs allow, killed 20 times.</summary>
internal static class KillTable
{
    /// <summary>The first argument that makes the program this.</summary>
    public const string Verb = "table";

    private const int Kills = 20;
    private const int Steps = 160;

    /// <summary>Goes on where it stopped: combinations whose result is in the file are not run again. <c>table STATE [--seconds N] [--jobs N] [--out FILE]</c>.</summary>
    public static int Run(string[] args)
    {
        string state = args[0];
        double seconds = double.Parse(Option(args, "--seconds") ?? "1e9", CultureInfo.InvariantCulture);
        int jobs = int.Parse(Option(args, "--jobs") ?? "1", CultureInfo.InvariantCulture);
        IReadOnlyList<Combination> all = Combination.All();
        Dictionary<string, KillReport> done = Read(state, all);

        // Each of the threads kills and starts trainings of one thread.
        long begin = TimeProvider.System.GetTimestamp();
        using FileStream file = new(state, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        Parallel.ForEach(all.Where(combination => !done.ContainsKey(combination.Name)).ToArray(), new ParallelOptions { MaxDegreeOfParallelism = jobs }, combination =>
        {
            if (TimeProvider.System.GetElapsedTime(begin).TotalSeconds > seconds)
                return;
            using KilledTraining training = new(combination, Steps, combination.Seed);
            KillReport report = training.Run(Kills);
            Console.WriteLine(Row(report));
            lock (done)
            {
                done[combination.Name] = report;
                file.Write(JsonSerializer.SerializeToUtf8Bytes(report).Append((byte)'\n').ToArray());
            }
        });

        Console.WriteLine($"{done.Count} of {all.Count} combinations are done.");
        if (Option(args, "--out") is { } output)
            File.WriteAllText(output, Text([.. all.Where(combination => done.ContainsKey(combination.Name)).Select(combination => done[combination.Name])], all.Count));
        return done.Values.All(report => report is { FileEqual: true, SeriesEqual: true }) ? 0 : 1;
    }

    private static Dictionary<string, KillReport> Read(string state, IReadOnlyList<Combination> all)
        => File.Exists(state) ? File.ReadLines(state).Select(line => JsonSerializer.Deserialize<KillReport>(line)!).Where(report => all.Contains(report.Combination)).ToDictionary(report => report.Combination.Name) : [];

    private static string Machine()
    {
        TrainingConditions here = TrainingConditions.Now("cpu");
        return $"{Environment.ProcessorCount} cores, {here.Processor}, {here.Instructions}, {here.System}, libtorch {here.Libtorch}";
    }

    private static string? Option(string[] args, string name) => Array.IndexOf(args, name) is int place and >= 0 ? args[place + 1] : null;

    private static string Row(KillReport report) => string.Create(CultureInfo.InvariantCulture,
        $"| {report.Combination.Objective} | {report.Combination.Variance} | {report.Combination.TimestepSampler} | {report.Kills} | {report.InsideWrite} | {report.Resumes} "
        + $"| {report.Damaged} | {report.Seed} | {(report.FileEqual ? "yes" : "**NO**")} | {(report.SeriesEqual ? "yes" : "**NO**")} |");

    private static string Text(KillReport[] reports, int all)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $$"""
            # Killed trainings

            Each line is one combination of objective, variance and timestep sampler that the specs allow, trained twice: once undisturbed, and once in processes of its
            own that are killed with SIGKILL {{Kills}} times, one after the other. A part of the kills aims at the writing of a checkpoint; *in a write* counts those that left the
            temporary file behind. Twice in each line the newest checkpoint was damaged after a kill (cut in half, or one bit turned), and had to be passed over; *damaged* counts how often one was (a process that is killed before it has written another leaves it to the next).
            *File* says whether the final checkpoint is the undisturbed training's byte for byte (SHA-256), *series* whether every value that the training logged (losses, also by t; gradient norms, learning rates, drifts of the averages) is.

            {{reports.Length}} combinations{{(reports.Length < all ? $" of {all}; **the others are still to be run**" : "")}}, {{reports.Sum(r => r.Kills)}} kills, {{reports.Sum(r => r.InsideWrite)}} of them in a write, {{reports.Sum(r => r.Resumes)}} resumes; {{reports.Count(r => r.FileEqual && r.SeriesEqual)}} of {{reports.Length}} equal.

            Network: `ddpm_unet`, 32 channels, one level, attention, dropout 0.1, two moving averages, 8 × 8 digits, batch 8, {{Steps}} steps, one thread. Machine: {{Machine()}}. What a kill cannot show is a power cut: the
            kernel outlives the process.

            Command: `dotnet run -c Release --project tests/Chaos.Tests -- table STATE --out docs/kill-table.md`; `--seconds N` stops after a time, and the same command goes on with what is missing in
            the file STATE. The moments are drawn from the line's seed, the steps that they fall on depend on the machine. A new objective, variance or timestep sampler is in the table by itself. Timestep
            samplers that remember nothing are functions of the step; beside uniform, they are taken with the default objective and variance only.

            | objective | variance | timestep sampler | kills | in a write | resumes | damaged | seed | file equal | series equal |
            |---|---|---|---|---|---|---|---|---|---|
            """);
        foreach (KillReport report in reports)
            text.AppendLine(Row(report));

        text.AppendLine().AppendLine("Left out, because the specs refuse them:").AppendLine();
        foreach (var group in Combination.Refused().GroupBy(refused => (refused.Combination.Objective, refused.Reason)))
            text.AppendLine(CultureInfo.InvariantCulture, $"- {group.Key.Objective} with {string.Join(", ", group.Select(refused => refused.Combination.Variance).Distinct())}: {group.Key.Reason}");
        return text.ToString();
    }
}
