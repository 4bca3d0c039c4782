using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>The ring before a device whose copies come late, in pieces, or not at all.</summary>
public sealed class MeasurementRingTests
{
    [Fact]
    public void TryTake_CpuRows_ComeAtOnceAndInOrder()
    {
        using DisposeScope scope = NewDisposeScope();
        using MeasurementRing ring = new(3, CPU, TimeProvider.System);
        for (int i = 0; i < 20; i++)
        {
            ring.Push(tensor(new float[] { i, float.NaN, float.NegativeInfinity }));
            Assert.Equal(1, ring.Pending);
            Assert.True(ring.TryTake(out ReadOnlySpan<float> values));
            Assert.Equal([i, float.NaN, float.NegativeInfinity], values.ToArray());
        }

        Assert.False(ring.TryTake(out _));
    }

    [Fact]
    public void TryTake_RowThatArrivesInPieces_WaitsForTheLastPiece()
    {
        using DisposeScope scope = NewDisposeScope();
        List<(Tensor Row, Tensor Source)> copies = [];
        using MeasurementRing ring = new(4, CPU, TimeProvider.System, (row, source) => copies.Add((row, source)));
        ring.Push(tensor(new float[] { 1, 2, 3, 4 }));
        (Tensor row, Tensor source) = copies[0];

        foreach (int piece in new[] { 3, 0, 2 })
        {
            row[piece] = source[piece];
            Assert.False(ring.TryTake(out _));
        }

        row[1] = source[1];
        Assert.True(ring.TryTake(out ReadOnlySpan<float> values));
        Assert.Equal([1, 2, 3, 4], values.ToArray());
    }

    [Fact]
    public void Push_WithAllRowsUnderWay_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        using MeasurementRing ring = new(1, CPU, TimeProvider.System, (_, _) => { });
        for (int i = 0; i < MeasurementRing.Rows; i++)
            ring.Push(ones(1));
        Assert.Throws<InvalidOperationException>(() => ring.Push(ones(1)));
    }

    [Fact]
    public void Take_RowThatNeverArrives_AsksTheDeviceOnceAndSaysSo()
    {
        using DisposeScope scope = NewDisposeScope();
        int asked = 0;
        using MeasurementRing ring = new(1, CPU, new HastyClock(), (_, _) => { }, () => asked++);
        ring.Push(ones(1));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => _ = ring.Take());
        Assert.Contains("did not arrive", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, asked);
    }

    [Fact]
    public void Take_DeviceThatFailed_ThrowsWhatWentWrongThere()
    {
        using DisposeScope scope = NewDisposeScope();
        using MeasurementRing ring = new(1, CPU, new HastyClock(), (_, _) => { }, () => throw new InvalidOperationException("illegal address"));
        ring.Push(ones(1));
        Assert.Equal("illegal address", Assert.Throws<InvalidOperationException>(() => _ = ring.Take()).Message);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(MeasurementRing.Rows)]
    public void Add_DeviceThatIsStepsBehind_NoticesABrokenStepOnlyThatMuchLater(int behind)
    {
        const int Broken = 5;
        RunSpec spec = new()
        {
            Data = new Optdigits(),
            Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Groups = 2 },
            Training = new TrainingSpec { BatchSize = 2, LogEvery = 1000 },
        };
        using DisposeScope scope = NewDisposeScope();
        using TrainingState state = new(spec, 1, CPU);
        Queue<(Tensor Row, Tensor Source)> copies = [];
        int pushed = 0;

        // A copy is done when the device has been told of so many more steps, or when the host waits for it.
        MeasurementRing ring = new(4, CPU, new WatchedClock(Copy), (row, source) =>
        {
            copies.Enqueue((row, source.clone().DetachFromDisposeScope()));
            if (++pushed > behind && behind < MeasurementRing.Rows)
                Copy();
        });
        using TrainingLog log = new(spec.Training, new TrainingSession { Folder = "" }, state, _ => [7, 8], ring);

        int steps = 0;
        DivergedException error = Assert.Throws<DivergedException>(() =>
        {
            for (int step = 0; step < 100; step++, steps++)
                log.Add(step, tensor(step == Broken ? float.NaN : 1f), tensor(1f), ones(2), [0, 1], 0.1);
        });

        Assert.Equal(Broken, error.Divergence.Step);
        Assert.Equal([7, 8], error.Divergence.Images);
        Assert.Equal(Broken + behind, steps);

        void Copy()
        {
            (Tensor row, Tensor source) = copies.Dequeue();
            row.copy_(source);
            source.Dispose();
        }
    }

    /// <summary>A clock that tells when it is looked at, as the ring does before it waits.</summary>
    private sealed class WatchedClock(Action looked) : TimeProvider
    {
        public override long GetTimestamp()
        {
            looked();
            return 0;
        }
    }

    /// <summary>A clock on which a day passes between two looks.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now += 86_400;
    }
}
