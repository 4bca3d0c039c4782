using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.GpuRunner.Metrics;

/// <summary>Gathers points into chunks of one metric and numbers them within the attempt.</summary>
public sealed class MetricBatcher
{
    /// <summary>Points of a full chunk; see <see cref="MetricChunk"/>.</summary>
    public const int ChunkPoints = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Curve> _curves = [];

    /// <summary>Adds points after those that are there.</summary>
    public void Add(MetricBlock block)
    {
        lock (_gate)
        {
            Curve curve = CurveOf(block.Name);
            curve.Protocol = block.Protocol;
            curve.Steps.AddRange(block.Steps);
            curve.Values.AddRange(block.Values);
            curve.Times.AddRange(Enumerable.Repeat(block.At, block.Steps.Length));
        }
    }

    /// <summary>Takes out what is there as numbered chunks.</summary>
    /// <param name="all">Whether chunks that are not full are taken too.</param>
    public IReadOnlyList<MetricBatch> Take(bool all)
    {
        List<MetricBatch> taken = [];
        lock (_gate)
        {
            foreach ((string name, Curve curve) in _curves)
            {
                while (curve.Steps.Count >= ChunkPoints || (all && curve.Steps.Count > 0))
                {
                    int count = Math.Min(ChunkPoints, curve.Steps.Count);
                    taken.Add(new MetricBatch(
                        name, curve.NextSeq++, [.. curve.Steps.Take(count)], [.. curve.Values.Take(count)], [.. curve.Times.Take(count)], curve.Protocol));
                    curve.Steps.RemoveRange(0, count);
                    curve.Values.RemoveRange(0, count);
                    curve.Times.RemoveRange(0, count);
                }
            }
        }

        return taken;
    }

    /// <summary>Makes one block a numbered chunk of its own, beside those that gather.</summary>
    public MetricBatch Alone(MetricBlock block)
    {
        lock (_gate)
        {
            return new MetricBatch(
                block.Name, CurveOf(block.Name).NextSeq++, block.Steps, block.Values, [.. Enumerable.Repeat(block.At, block.Steps.Length)], block.Protocol);
        }
    }

    private Curve CurveOf(string name)
    {
        if (!_curves.TryGetValue(name, out Curve? curve))
        {
            _curves.Add(name, curve = new Curve());
        }

        return curve;
    }

    private sealed class Curve
    {
        public List<long> Steps { get; } = [];

        public List<double> Values { get; } = [];

        public List<DateTime> Times { get; } = [];

        // A metric is measured in one way within an attempt.
        public MetricProtocol? Protocol { get; set; }

        public int NextSeq { get; set; }
    }
}
