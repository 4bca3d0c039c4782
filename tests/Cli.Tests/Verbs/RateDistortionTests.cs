using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Tests.Verbs;

public class RateDistortionTests
{
    private static readonly Dictionary<string, PointView[]> Curves = new()
    {
        ["nll/rate_bits_per_dim_at_t"] = [new(0, 3), new(1, 1), new(3, 0.00002)],
        ["nll/distortion_rmse255_at_t"] = [new(0, 12.75), new(1, 51), new(3, 127.5)],
    };

    [Fact]
    public async Task Show_RunOfSeventeenLevels_HasBothScalesAndTheSplitOfTheLosslessCode()
    {
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Measured(levels: 17), Curves);
        Cli shown = await Cli.RunAsync(scheduler.Environment, "show", "two/0", "--rate-distortion");
        Assert.Equal((0, ""), (shown.Code, shown.Errors));
        string[] rows = [.. shown.Output.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Contains("reverse steps done t rate, bits/dim RMSE of 0..255 RMSE of 0..16", rows);
        Assert.Equal(["4 0 3.0000 12.7500 0.8000", "3 1 1.0000 51.0000 3.2000", "1 3 2.0e-5 127.5000 8.0000"], rows.Where(row => row.Length > 0 && char.IsDigit(row[0])));
        Assert.Contains("Lossless code: 3.5000 bits/dim = rate 3.0000 (L_T + Σ L_t) + distortion 0.5000 (L_0)", rows);
        Assert.Contains("measured at 3 of 4 timesteps", shown.Output);
        Assert.Contains("the data have 17 levels, 0..16", shown.Output);
    }

    [Fact]
    public async Task Show_RunOfBytes_HasOneScale()
    {
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Measured(levels: 256), Curves);
        string output = (await Cli.RunAsync(scheduler.Environment, "show", "two/0", "--rate-distortion")).Output;
        Assert.Contains("RMSE of 0..255", output);
        Assert.DoesNotContain("levels", output);
    }

    [Fact]
    public async Task Show_JsonAndPlot_HaveEveryPointAndAPicture()
    {
        using ScratchFolder scratch = new();
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Measured(levels: 17), Curves);
        Cli shown = await Cli.RunAsync(scheduler.Environment, "show", "two/0", "--rate-distortion", "--json", "--plot", scratch.At("rate.png"));
        Assert.Equal((0, ""), (shown.Code, shown.Errors));
        JsonElement curve = Assert.Single(shown.Json.GetProperty("curves").EnumerateArray());
        Assert.Equal(("nll", "a"), (curve.GetProperty("metric").GetString(), curve.GetProperty("protocol_digest").GetString()));
        Assert.Equal((3.5, 3, 0.5), (curve.GetProperty("lossless_bits_per_dim").GetDouble(), curve.GetProperty("rate_bits_per_dim").GetDouble(), curve.GetProperty("decoder_bits_per_dim").GetDouble()));
        JsonElement first = curve.GetProperty("points")[0];
        Assert.Equal((3, 1, 2e-5, 127.5, 8), (first.GetProperty("t").GetInt32(), first.GetProperty("reverse_steps").GetInt32(), first.GetProperty("rate_bits_per_dim").GetDouble(), first.GetProperty("rmse255").GetDouble(), first.GetProperty("rmse_levels").GetDouble()));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(scratch.At("rate.png"), TestContext.Current.CancellationToken))[..4]);
    }

    [Theory]
    [InlineData("is of one run", "show", "two", "--rate-distortion")]
    [InlineData("give both", "show", "two/0", "--plot", "x.png")]
    [InlineData("there is no folder", "show", "two/0", "--rate-distortion", "--plot", "no-such-folder/x.png")]
    [InlineData("run epsilon has no rates and distortions: the metric nll measures them, and its evaluation is running", "show", "two/0", "--rate-distortion")]
    public async Task Show_WhatCannotBeShown_SaysWhy(string words, params string[] arguments)
    {
        SweepDetail sweep = Sweeps.Of(Sweeps.Run("epsilon", [Sweeps.Job("evaluate", "running")], Sweeps.Nll(3.5)));
        await using StubScheduler scheduler = await StubScheduler.StartAsync(sweep);
        Assert.Contains(words, (await Cli.RunAsync(scheduler.Environment, arguments)).Refusal());
    }

    [Fact]
    public async Task Show_Run_NamesTheTimestepOfSeriesOverTime()
    {
        SweepDetail sweep = Measured(levels: 17);
        sweep = sweep with { Runs = [sweep.Runs[0] with { Last = new Dictionary<string, PointView> { ["nll/x0_mse_at_t"] = new(3, 0.5), ["train/loss"] = new(3, 0.25) } }] };
        await using StubScheduler scheduler = await StubScheduler.StartAsync(sweep);
        string output = (await Cli.RunAsync(scheduler.Environment, "show", "two/0")).Output;
        Assert.Contains("nll/x0_mse_at_t 0.5 (t = 3)", output);
        Assert.Contains("train/loss 0.25 (step 3)", output);
        Assert.Contains("monte_carlo_standard_error_bits_per_dim 0.0625", output);
    }

    [Fact]
    public async Task Show_RunThatWentOnElsewhere_SaysSo()
    {
        const string Note = "attempt 2 went on from step 40 on 2 threads instead of 1: equal within rounding to a training that was never stopped, not bit for bit";
        SweepDetail sweep = Sweeps.Of(Sweeps.Run("epsilon", [Sweeps.Job("train", "succeeded")]) with { Notes = [Note] });
        await using StubScheduler scheduler = await StubScheduler.StartAsync(sweep);
        Assert.Contains($"Note: {Note}.", (await Cli.RunAsync(scheduler.Environment, "show", "two/0")).Output);
    }

    [Fact]
    public async Task Submit_SweepWithWarnings_ShowsThem()
    {
        using ScratchFolder scratch = new();
        Guid id = Guid.CreateVersion7();
        SubmitReply reply = new(id, true, 2, 6, [new WarningView(1, "prediction=v", "process.schedule", "x_T is not pure noise")]);
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Measured(levels: 17), reply: reply);
        string file = scratch.Write("two.yaml", Sweeps.Yaml);
        Cli submitted = await Cli.RunAsync(scheduler.Environment, "submit", file);
        Assert.Equal($"ddpm: warning: run {id}/1 (prediction=v): process.schedule: x_T is not pure noise", submitted.Errors.Trim());
        Assert.StartsWith("Submitted", submitted.Output);

        Cli json = await Cli.RunAsync(scheduler.Environment, "submit", file, "--json");
        Assert.Equal("", json.Errors);
        Assert.Equal("prediction=v", json.Json.GetProperty("warnings")[0].GetProperty("run").GetString());
    }

    private static SweepDetail Measured(int levels)
    {
        EvaluationView nll = Sweeps.Nll(3.5) with
        {
            Protocol = new JsonObject { ["timesteps"] = 4, ["levels"] = levels },
            Parts = new Dictionary<string, double> { ["decoder_bits_per_dim"] = 0.5, ["monte_carlo_standard_error_bits_per_dim"] = 0.0625 },
        };
        return Sweeps.Of(Sweeps.Run("epsilon", [Sweeps.Job("evaluate", "succeeded")], nll));
    }
}
