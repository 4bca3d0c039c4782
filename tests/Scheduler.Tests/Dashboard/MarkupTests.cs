using DdpmJobs.Scheduler.Dashboard;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Tests.Dashboard;

public sealed class MarkupTests
{
    [Fact]
    public void Of_Text_IsEncodedAndMarkupIsNot()
    {
        string user = "<b onclick='x'>{0}&";

        Assert.Equal("<p>&lt;b onclick=&#39;x&#39;&gt;{0}&amp;<i>1</i></p>", Markup.Of($"<p>{user}{Markup.Of($"<i>{1}</i>")}</p>").ToString());
    }

    [Fact]
    public void Of_FormattedValue_KeepsItsFormat()
        => Assert.Equal("2026-01-02 03:04:05Z 0.50", Markup.Of($"{new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc):u} {0.5:0.00}").ToString());

    [Fact]
    public void Draw_ValuesThatAreNotFinite_AreCountedAndNotDrawn()
    {
        string svg = MetricCurve.Draw([new(0, 1), new(1, double.NaN), new(2, 0.1), new(3, double.PositiveInfinity)]).ToString();

        Assert.Contains("2 values are not finite", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
        Assert.Contains("<path", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_PositiveValues_AreLogarithmicUnlessLinearIsAskedFor()
    {
        List<MetricPoint> points = [new(1, 0.001), new(2, 1)];
        Assert.Contains("values logarithmic", MetricCurve.Draw(points).ToString(), StringComparison.Ordinal);
        string linear = MetricCurve.Draw(points, "rate", linear: true).ToString();
        Assert.DoesNotContain("logarithmic", linear, StringComparison.Ordinal);
        Assert.Contains("aria-label='rate by step'", linear, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    public void Draw_OnePoint_IsAPictureOrANote(double value)
        => Assert.DoesNotContain("NaN", MetricCurve.Draw([new MetricPoint(7, value)]).ToString(), StringComparison.Ordinal);
}
