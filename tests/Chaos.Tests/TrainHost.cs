using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;

namespace DdpmJobs.Chaos.Tests;

/// <summary>The process that is killed: trains one spec in a folder, from the newest sound checkpoint there.</summary>
internal static class TrainHost
{
    /// <summary>The first argument that makes the program this.</summary>
    public const string Verb = "train";

    /// <summary>Name of the curves' file in the folder.</summary>
    public const string PointsName = "points.jsonl";

    /// <summary>Printed with the step that it goes on from, when the training is about to begin.</summary>
    public const string Begins = "begins at step ";

    /// <summary>Printed for each checkpoint that is passed over.</summary>
    public const string Damaged = "is damaged; the one before it is used";

    /// <summary>Trains: spec file, folder, milliseconds between checkpoints, threads.</summary>
    public static int Run(string[] args)
    {
        TensorMemory.Keep();
        torch.set_num_threads(int.Parse(args[3], CultureInfo.InvariantCulture));
        RunSpec spec = SpecJson.ReadText<RunSpec>(File.ReadAllText(args[0]));
        string folder = args[1];
        (string? checkpoint, long step) = NewestSound(folder, spec);
        PointsFile points = new(Path.Combine(folder, PointsName));
        points.Begin(step);
        if (step == spec.Training.Steps)
            return 0;

        TrainingEnd end = Trainer.Train(spec, new TrainingSession
        {
            Folder = folder,
            ResumeFrom = checkpoint,
            CheckpointInterval = TimeSpan.FromMilliseconds(int.Parse(args[2], CultureInfo.InvariantCulture)),
            OnData = _ => Console.WriteLine(Begins + step.ToString(CultureInfo.InvariantCulture)),
            OnPoints = points.Add,
        }, CancellationToken.None);
        return end.Completed ? 0 : 1;
    }

    private static (string? Path, long Step) NewestSound(string folder, RunSpec spec)
    {
        foreach (string path in Checkpoints(folder))
        {
            try
            {
                using Checkpoint checkpoint = Checkpoint.Open(path, spec);
                return (path, checkpoint.Step);
            }
            catch (InvalidDataException error)
            {
                Console.Error.WriteLine($"{path} {Damaged}: {error.Message}");
            }
        }

        return (null, 0);
    }

    /// <summary>The checkpoints of a folder, newest first.</summary>
    public static string[] Checkpoints(string folder) => [.. Directory.EnumerateFiles(folder, "step-*.safetensors").OrderDescending(StringComparer.Ordinal)];
}
