using System.Globalization;
using System.Security.Cryptography;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Chaos.Tests;

/// <summary>Trains a combination twice, once undisturbed and once killed with SIGKILL again and again, and compares what is left.</summary>
/// <param name="combination">What is trained.</param>
/// <param name="steps">Optimiser steps; enough that the kills find room.</param>
/// <param name="seed">Draws the moments.</param>
internal sealed class KilledTraining(Combination combination, int steps, long seed) : IDisposable
{
    private const int Rounds = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ddpm-killed-");
    private readonly HashSet<string> _leftBehind = [];
    private int _draws;

    /// <summary>Trains and kills.</summary>
    /// <param name="kills">How often it is killed.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="InvalidOperationException">The training failed by itself, or ended before it was killed so often.</exception>
    public KillReport Run(int kills)
    {
        string spec = Path.Combine(_folder.FullName, "spec.json");
        File.WriteAllText(spec, SpecJson.Canonical(combination.Spec(steps)));

        // Once undisturbed, in this process: that saves a start, and shows that the process does not matter.
        string straight = _folder.CreateSubdirectory("straight").FullName;
        if (TrainHost.Run(TrainProcess.Arguments(spec, straight)) != 0)
            throw new InvalidOperationException("The undisturbed training did not end.");

        if (Series(straight).Count(point => point.Key.Name == "loss") != steps)
            throw new InvalidOperationException($"The undisturbed training has {Series(straight).Count(point => point.Key.Name == "loss")} losses for {steps} steps.");

        // And once killed. A busy machine may be too slow to kill in time; then from the beginning, with other moments.
        string hash = HashOf(straight);
        for (int round = 1; round <= Rounds; round++)
        {
            string killed = _folder.CreateSubdirectory($"killed-{round}").FullName;
            if (Kill(spec, killed, kills) is { } counts)
            {
                return new KillReport(combination, seed, kills, counts.InsideWrite, counts.Resumes, counts.Damaged,
                    HashOf(killed) == hash, Series(straight).SequenceEqual(Series(killed)), steps, hash);
            }
        }

        throw new InvalidOperationException($"The training ended {Rounds} times before it was killed {kills} times; give it more steps.");
    }

    /// <summary>Kills, and lets the last process end; null where one ended before it was killed.</summary>
    private (int InsideWrite, int Resumes, int Damaged)? Kill(string spec, string killed, int kills)
    {
        // Now and then the newest checkpoint is damaged too, as by a bad disk.
        KillMoment[] moments = Moments(kills);
        int insideWrite = 0, resumes = 0, damaged = 0, expected = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using TrainProcess process = TrainProcess.Start(spec, killed);
            KillAt(process, moments[kill], kills - kill);
            if (process.EndedInOrder)
                return null;
            if (!process.WasKilled)
                throw new InvalidOperationException($"The training failed before it was killed. {process.Describe()}");
            insideWrite += LeftNewTemporary(killed) ? 1 : 0;
            resumes += process.FirstStep > 0 ? 1 : 0;
            damaged += process.Damaged;
            if (kill % 10 == 4)
                expected += Damage(killed, cut: kill % 20 == 4) ? 1 : 0;
        }

        // And to its end.
        using (TrainProcess last = TrainProcess.Start(spec, killed))
        {
            last.RequireEnd(Limit);
            resumes += last.FirstStep > 0 ? 1 : 0;
            damaged += last.Damaged;
        }

        if (damaged < expected)
            throw new InvalidOperationException($"{expected} checkpoints were damaged, and {damaged} were passed over.");
        return (insideWrite, resumes, damaged);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    // Eight of twenty inside a write, three right after one, two while it starts; in random order.
    private KillMoment[] Moments(int kills)
    {
        KillMoment[] wanted = [.. Enumerable.Range(0, kills).Select(kill => (kill % 20) switch
        {
            0 or 2 or 5 or 7 or 10 or 12 or 15 or 17 => KillMoment.InsideWrite,
            3 or 9 or 14 => KillMoment.AfterRename,
            6 or 16 => KillMoment.Starting,
            _ => KillMoment.Anywhere,
        })];
        int[] order = new RandomStream(seed, RandomPurpose.DataOrder, 0).Permutation(kills);
        return [.. order.Select(place => wanted[place])];
    }

    private void KillAt(TrainProcess process, KillMoment moment, int left)
    {
        if (moment == KillMoment.Starting)
        {
            process.KillAfter(TimeSpan.FromMilliseconds(500 * Uniform()), Limit);
            return;
        }

        // Leave steps for the kills to come.
        long done = process.WaitForBegin(Limit);
        long target = done + 1 + (long)(1.4 * Uniform() * (steps - done) / (left + 2));
        process.KillWhen(moment, target, Uniform(), Limit);
    }

    private double Uniform()
    {
        double[] draw = new double[1];
        new RandomStream(seed, RandomPurpose.Timestep, _draws++).FillUniform(draw);
        return draw[0];
    }

    private bool LeftNewTemporary(string folder) => Directory.EnumerateFiles(folder, ".*.tmp").Where(_leftBehind.Add).ToArray().Length > 0;

    // Half of it is gone, or one bit has turned: both must be noticed.
    private static bool Damage(string folder, bool cut)
    {
        if (TrainHost.Checkpoints(folder).FirstOrDefault() is not { } newest)
            return false;
        byte[] bytes = File.ReadAllBytes(newest);
        if (cut)
            bytes = bytes[..(bytes.Length / 2)];
        else
            bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(newest, bytes);
        return true;
    }

    private string HashOf(string folder)
    {
        string final = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"step-{steps:D8}.safetensors"));
        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(final)));
    }

    private static KeyValuePair<(long Step, string Name), double>[] Series(string folder) => [.. new PointsFile(Path.Combine(folder, TrainHost.PointsName)).Read()];
}
