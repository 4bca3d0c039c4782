using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Chaos.Tests;

/// <summary>The curves of a training that is killed now and then: one line a hand-over, and one where an attempt begins. Read as the store's views read: a later attempt replaces
/// what earlier ones measured at its first step and after it.</summary>
/// <param name="path">The file; made by the first line.</param>
internal sealed class PointsFile(string path)
{
    private static readonly JsonSerializerOptions Numbers = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

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

    /// <summary>Appends a hand-over, but for what tells of the machine and not of the training: speed and memory.</summary>
    public void Add(TrainingPoints points)
    {
        JsonObject line = new() { ["first"] = points.FirstStep };
        void Put(string name, double[] values) => line[name] = JsonSerializer.SerializeToNode(values, Numbers);
        Put("loss", points.Loss);
        Put("grad_norm", points.GradNorm);
        Put("learning_rate", points.LearningRate);
        line["last"] = JsonSerializer.SerializeToNode(points.AtLastStep.Where(value => !value.Key.EndsWith("_bytes", StringComparison.Ordinal)).ToDictionary(), Numbers);
        Append(line);
    }

    /// <summary>The curves: every value by step and name.</summary>
    public SortedDictionary<(long Step, string Name), double> Read()
    {
        SortedDictionary<(long Step, string Name), double> series = [];
        foreach (string line in File.ReadLines(path))
        {
            JsonNode entry = JsonNode.Parse(line)!;
            if (entry["begins"] is { } begins)
            {
                foreach ((long, string) point in series.Keys.Where(point => point.Step >= (long)begins).ToArray())
                    series.Remove(point);
                continue;
            }

            long last = 0;
            foreach (string name in (string[])["loss", "grad_norm", "learning_rate"])
            {
                double[] values = entry[name].Deserialize<double[]>(Numbers)!;
                for (int i = 0; i < values.Length; i++)
                    series[(last = (long)entry["first"]! + i, name)] = values[i];
            }

            foreach ((string name, double value) in entry["last"].Deserialize<Dictionary<string, double>>(Numbers)!)
                series[(last, name)] = value;
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
