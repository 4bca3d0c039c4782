using DdpmJobs.Scheduler.Api;
using SkiaSharp;

namespace DdpmJobs.Cli.Tests.Verbs;

public class MetricsPlotTests
{
    private static readonly Dictionary<string, PointView[]> Curves = new()
    {
        ["train/loss"] = [.. Enumerable.Range(0, 1000).Select(step => new PointView(step, 1 / (1.0 + step)))],
        ["validation/nll"] = [new(10, 3), new(20, 2.5)],
        ["train/none"] = [],
    };

    [Theory]
    [InlineData("train/loss", 2)]
    [InlineData("validation/nll", 1)]
    public async Task Metrics_Plot_WritesAPanelOrTwo(string curve, int panels)
    {
        using ScratchFolder scratch = new();
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(Sweeps.Run("epsilon", [Sweeps.Job("train", "succeeded")])), Curves);
        Cli plotted = await Cli.RunAsync(scheduler.Environment, "metrics", "two/0", curve, "--plot", scratch.At("curve.png"));
        Assert.Equal((0, "", $"Wrote {scratch.At("curve.png")}."), (plotted.Code, plotted.Errors, plotted.Output.Trim()));
        using SKBitmap picture = SKBitmap.Decode(scratch.At("curve.png"));
        Assert.Equal(504 * panels, picture.Width);
    }

    [Theory]
    [InlineData("leave --csv and --json out", "two/0", "train/loss", "--csv", "--plot", "x.png")]
    [InlineData("name it, as in train/loss", "two/0", "--plot", "x.png")]
    [InlineData("there is no folder", "two/0", "train/loss", "--plot", "no-such-folder/x.png")]
    [InlineData("two/0 has no points of train/none yet", "two/0", "train/none", "--plot", "x.png")]
    public async Task Metrics_WhatCannotBeDrawn_SaysWhy(string words, params string[] arguments)
    {
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(Sweeps.Run("epsilon", [Sweeps.Job("train", "succeeded")])), Curves);
        Assert.Contains(words, (await Cli.RunAsync(scheduler.Environment, ["metrics", .. arguments])).Refusal());
        Assert.False(File.Exists("x.png"));
    }
}
