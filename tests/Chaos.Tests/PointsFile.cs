using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Chaos.Tests;

/// <summary>The curves of a training that is killed now and then: one line a hand-over, and one where an attempt begins. Read as the store's views read: a later attempt replaces
/// what earlier ones measured at its first step and after it.</summary>
/// <param name="path">The file; made by the first line.</param>
internal sealed class PointsFile(string path)
{
    /// <summary>Notes that an attempt begins, and mends the file: a process that was killed in the middle of a line left half of it.</summary>
    public void Begin(long firstStep)
    {
        if (File.Exists(path))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            file.SetLength(Array.LastIndexOf(bytes, (byte)'\n') + 1);
        }

        Append(new JsonObject { ["begins"] = firstStep });
    }

    /// <summary>Appends a hand-over.</summary>
    public void Add(TrainingPoints points) => Append(new JsonObject
    {
        ["first"] = points.FirstStep,
        ["loss"] = JsonSerializer.SerializeToNode(points.Loss),
        ["grad_norm"] = JsonSerializer.SerializeToNode(points.GradNorm),
        ["learning_rate"] = JsonSerializer.SerializeToNode(points.LearningRate),
    });

    /// <summary>The curves: loss, gradient norm and learning rate by step.</summary>
    public SortedDictionary<long, (double Loss, double GradNorm, double LearningRate)> Read()
    {
        SortedDictionary<long, (double, double, double)> series = [];
        foreach (string line in File.ReadLines(path))
        {
            JsonNode entry = JsonNode.Parse(line)!;
            if (entry["begins"] is { } begins)
            {
                foreach (long step in series.Keys.Where(step => step >= (long)begins).ToArray())
                    series.Remove(step);
                continue;
            }

            double[] loss = entry["loss"].Deserialize<double[]>()!;
            double[] gradNorm = entry["grad_norm"].Deserialize<double[]>()!;
            double[] learningRate = entry["learning_rate"].Deserialize<double[]>()!;
            for (int i = 0; i < loss.Length; i++)
                series[(long)entry["first"]! + i] = (loss[i], gradNorm[i], learningRate[i]);
        }

        return series;
    }

    // One write a line: what is written outlives the process.
    private void Append(JsonObject line)
    {
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Write(JsonSerializer.SerializeToUtf8Bytes(line).Append((byte)'\n').ToArray());
    }
}
