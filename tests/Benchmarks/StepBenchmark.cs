using System.Diagnostics;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Benchmarks;

/// <summary>Training steps as a run does them, batch, dropout, optimiser, average and log included, in turns with the peer's.</summary>
internal static class StepBenchmark
{
    private const int Pairs = 7;

    public static int Run(string[] args) => Peer.InTurns(args, Measure);

    private static void Measure(Setting setting, Peer? peer)
    {
        string folder = Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        using CancellationTokenSource stop = new();
        try
        {
            setting.WritePictures(folder);
            if (peer is not null)
                Warm(peer, setting);

            // The steps between two hand-overs are ours; the peer has its turn inside the hand-over, while ours waits.
            Rounds rounds = new(setting.Name, "train-step");
            int round = 0;
            long begun = 0;
            TrainingSession session = new()
            {
                Folder = folder,
                DataFolder = folder,
                CheckpointInterval = TimeSpan.FromDays(1),
                OnPoints = _ =>
                {
                    double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
                    if (round++ > 0) // the first has the start of libtorch in it
                    {
                        double[] theirs = [.. Peer.Layouts.Select(layout => peer is null ? double.NaN : Rate(setting, peer.Ask($"step {layout} {setting.Steps}")))];
                        rounds.Add(Rate(setting, seconds), theirs);
                    }

                    if (round > Pairs)
                        stop.Cancel();
                    begun = Stopwatch.GetTimestamp();
                },
            };
            Trainer.Train(setting.Spec, session, stop.Token);
            rounds.Report();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Rate(Setting setting, double seconds) => setting.Steps * setting.Batch / seconds;

    private static void Warm(Peer peer, Setting setting)
    {
        long parameters = (long)peer.Ask("parameters");
        using var ours = setting.Build();
        long here = ours.parameters().Sum(parameter => parameter.numel());
        if (parameters != here)
            throw new InvalidOperationException($"The peer's network has {parameters} parameters, ours {here}.");
        foreach (string layout in Peer.Layouts)
            peer.Ask($"step {layout} 1");
    }
}
