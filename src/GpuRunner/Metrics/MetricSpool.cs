using System.Text.Json;
using System.Text.Json.Serialization;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.GpuRunner.Metrics;

/// <summary>A local file of chunks, one JSON line each, that the store could not take yet; first in, first out. Any thread may append.</summary>
/// <remarks>It need not outlive the process: whoever takes the job over resumes at a checkpoint, and a checkpoint is stored only after the points before it.</remarks>
public sealed class MetricSpool(string path) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly Lock _gate = new();
    private readonly Queue<int> _lengths = new();
    private FileStream? _file;
    private long _readAt;

    /// <summary>Chunks that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _lengths.Count;
            }
        }
    }

    /// <summary>Writes chunks behind those that wait.</summary>
    /// <exception cref="IOException">The disk is full or the file is gone.</exception>
    public void Append(IEnumerable<MetricBatch> batches)
    {
        lock (_gate)
        {
            _file ??= new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
            _file.Seek(0, SeekOrigin.End);
            foreach (MetricBatch batch in batches)
            {
                byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(batch, Json), (byte)'\n'];
                _file.Write(line);
                _lengths.Enqueue(line.Length);
            }

            _file.Flush();
        }
    }

    /// <summary>Reads the first chunks without removing them.</summary>
    public IReadOnlyList<MetricBatch> Peek(int most)
    {
        lock (_gate)
        {
            List<MetricBatch> batches = [];
            _file?.Seek(_readAt, SeekOrigin.Begin);
            foreach (int length in _lengths.Take(most))
            {
                byte[] line = new byte[length];
                _file!.ReadExactly(line);
                batches.Add(JsonSerializer.Deserialize<MetricBatch>(line, Json)!);
            }

            return batches;
        }
    }

    /// <summary>Removes the first chunks, which the store has now.</summary>
    public void Remove(int count)
    {
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                _readAt += _lengths.Dequeue();
            }

            // Give the room back whenever all is read.
            if (_lengths.Count == 0)
            {
                _file?.SetLength(0);
                _readAt = 0;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
        }
    }
}
