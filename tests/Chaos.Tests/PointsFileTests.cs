using DdpmJobs.Model.Training;

namespace DdpmJobs.Chaos.Tests;

/// <summary>The file that the comparison of curves rests on.</summary>
public sealed class PointsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-points-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_AttemptBeginsBeforeTheLastPoints_ReplacesThem()
    {
        PointsFile points = new(Path.Combine(_folder, "points"));
        points.Begin(0);
        points.Add(Of(0, 1, 2, 3));
        points.Begin(2);
        Assert.Equal([(0L, 1.0), (1, 2)], Losses(points));
        points.Add(Of(2, 4));
        Assert.Equal([(0L, 1.0), (1, 2), (2, 4)], Losses(points));
        Assert.Equal((-4, 0.1), (points.Read()[(2, "grad_norm")], points.Read()[(2, "learning_rate")]));
    }

    [Fact]
    public void Read_ValuesOfAWindow_AreThoseOfItsLastStepButForMemory()
    {
        PointsFile points = new(Path.Combine(_folder, "points"));
        points.Begin(0);
        points.Add(Of(0, 1, 2) with { AtLastStep = new Dictionary<string, double> { ["loss_q0"] = 0.5, ["loss_q1"] = double.NaN, ["memory_bytes"] = 7 } });
        Assert.Equal([((1L, "loss_q0"), 0.5), ((1L, "loss_q1"), double.NaN)], points.Read().Where(point => point.Key.Name.StartsWith("loss_", StringComparison.Ordinal)).Select(point => (point.Key, point.Value)));
        Assert.DoesNotContain(points.Read(), point => point.Key.Name == "memory_bytes");
    }

    [Fact]
    public void Begin_LineCutByAKill_IsDropped()
    {
        string path = Path.Combine(_folder, "points");
        PointsFile points = new(path);
        points.Begin(0);
        points.Add(Of(0, 1));
        File.AppendAllText(path, "{\"first\":1,\"lo");
        points.Begin(1);
        points.Add(Of(1, 1.0 / 3));
        Assert.Equal([(0L, 1), (1, 1.0 / 3)], Losses(points));
    }

    [Fact]
    public void Read_AGap_ShowsAsAMissingStep()
    {
        PointsFile points = new(Path.Combine(_folder, "points"));
        points.Begin(0);
        points.Add(Of(0, 1));
        points.Begin(5);
        points.Add(Of(5, 2));
        Assert.Equal([(0L, 1.0), (5, 2)], Losses(points));
    }

    private static IEnumerable<(long, double)> Losses(PointsFile points) => points.Read().Where(point => point.Key.Name == "loss").Select(point => (point.Key.Step, point.Value));

    private static TrainingPoints Of(long first, params double[] losses)
        => new(first, losses, [.. losses.Select(loss => -loss)], [.. losses.Select(_ => 0.1)], ImagesPerSecond: 1);
}
