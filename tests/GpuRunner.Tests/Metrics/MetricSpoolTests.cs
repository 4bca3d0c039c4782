using DdpmJobs.GpuRunner.Metrics;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.GpuRunner.Tests.Metrics;

public sealed class MetricSpoolTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Peek_AfterAppend_ReadsBackEveryBitInOrder()
    {
        using MetricSpool spool = new(_folder.File("spool.jsonl"));
        DateTime at = new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);
        MetricBatch odd = new("train/loss", 0, [0, 1, 2, 3], [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.1 + 0.2], [at, at, at, at]);
        MetricBatch plain = new("train/grad_norm", 7, [4], [double.Epsilon], [at]);

        spool.Append([odd]);
        spool.Append([plain]);

        IReadOnlyList<MetricBatch> read = spool.Peek(10);
        Assert.Equal(2, read.Count);
        Assert.Equivalent(odd, read[0], strict: true);
        Assert.Equivalent(plain, read[1], strict: true);
        Assert.Equal(DateTimeKind.Utc, read[0].Times[0].Kind);
    }

    [Fact]
    public void Remove_OfSome_LeavesTheRestAndTakesMore()
    {
        using MetricSpool spool = new(_folder.File("spool.jsonl"));
        spool.Append(Enumerable.Range(0, 5).Select(Batch));

        spool.Remove(2);
        spool.Append([Batch(5)]);

        Assert.Equal(4, spool.Count);
        Assert.Equal([2, 3, 4, 5], spool.Peek(10).Select(batch => batch.Seq));
        spool.Remove(4);
        Assert.Equal(0, new FileInfo(_folder.File("spool.jsonl")).Length);
    }

    public void Dispose() => _folder.Dispose();

    private static MetricBatch Batch(int seq) => new("m", seq, [seq], [seq], [DateTime.UnixEpoch]);
}
