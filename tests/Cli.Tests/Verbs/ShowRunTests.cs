using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Tests.Verbs;

public class ShowRunTests
{
    [Fact]
    public async Task Show_DivergedRun_SaysWhatIsStoredOfIt()
    {
        const string Sentence = "Training diverged at step 7: the loss is NaN (gradient norm 3).";
        const string Stored = Sentence + """

            {
              "step": 7,
              "loss": "NaN",
              "checkpoint_step": 5,
              "images": [3,1,2]
            }
            """;
        RunDetail run = Sweeps.Run("epsilon", [Sweeps.Job("train", "diverged", error: Sentence), Sweeps.Job("evaluate", "skipped")]);
        AttemptView attempt = new(1, "gpu01", DateTime.UnixEpoch, DateTime.UnixEpoch, "diverged", 0, Stored);
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(run), attempts: [attempt]);

        Cli shown = await Cli.RunAsync(scheduler.Environment, "show", "two/0");

        Assert.Equal((0, ""), (shown.Code, shown.Errors));
        string[] lines = [.. shown.Output.Split('\n').Select(line => line.TrimEnd())];
        Assert.Equal(["  step 7", "  loss NaN", "  checkpoint_step 5", "  images 3 1 2"], lines.SkipWhile(line => line != "Divergence").Skip(1).Take(4));
    }

    [Fact]
    public async Task Show_EvaluationInParts_SaysWhichAndHowManyAreDone()
    {
        SweepDetail sweep = Sweeps.Of(
            Sweeps.Run("epsilon", [Sweeps.Job("train", "succeeded"), .. Sweeps.Shards("blocked", "succeeded", "running", "ready"), Sweeps.Job("sample", "succeeded")]),
            Sweeps.Run("v", [Sweeps.Job("train", "running"), .. Sweeps.Shards("blocked", "blocked", "blocked", "blocked")]));
        await using StubScheduler scheduler = await StubScheduler.StartAsync(sweep);

        string[][] runs = Cells((await Cli.RunAsync(scheduler.Environment, "show", "two")).Output);
        Assert.Equal(["blocked (1 of 3 shards done)", "blocked"], runs.Where(cells => cells is ["0" or "1", ..]).Select(cells => cells[3]));

        string[][] jobs = Cells((await Cli.RunAsync(scheduler.Environment, "show", "two/0")).Output);
        Assert.Equal(
            ["train succeeded", "evaluate 1 of 3 succeeded", "evaluate 2 of 3 running", "evaluate 3 of 3 ready", "evaluate blocked", "sample succeeded"],
            jobs.SkipWhile(cells => cells is not ["job", ..]).Skip(2).Take(6).Select(cells => $"{cells[0]} {cells[1]}"));
    }

    private static string[][] Cells(string output)
        => [.. output.Split('\n').Select(line => line.Split("  ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    [Fact]
    public async Task Show_DoubtfulValue_SaysWhyAndHowItWasMeasured()
    {
        EvaluationView value = Sweeps.Nll(3.5, "0123456789abcdef") with { Warnings = ["too few images", "other weights than usual"], Protocol = new JsonObject { ["split"] = "test", ["images"] = 8 } };
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(Sweeps.Run("epsilon", [], value)));

        string[] lines = [.. (await Cli.RunAsync(scheduler.Environment, "show", "two/0", "--protocol")).Output.Split('\n').Select(line => line.TrimEnd())];

        Assert.Equal(
            [
                "nll 3.5000 ± 0.01 bits/dim, protocol 0123456789abcdef", "  warning: too few images", "  warning: other weights than usual", "  prior_bits_per_dim 0.2500",
                "Protocol 0123456789abcdef of nll:", "  images 8", "  split test",
            ],
            lines.SkipWhile(line => !line.StartsWith("nll ", StringComparison.Ordinal)).Take(7));
        Assert.Contains("! too few images", (await Cli.RunAsync(scheduler.Environment, "show", "two", "--protocol")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_Run_HasTheNewestValuesOfNumberedMetricsOnOneLine()
    {
        RunDetail run = Sweeps.Run("epsilon", [Sweeps.Job("train", "running")]) with
        {
            Last = new Dictionary<string, PointView>
            {
                ["nll/kl_at_t"] = new(9, 0.5),
                ["train/ema_drift_0"] = new(19, 0.0625),
                ["train/loss"] = new(21, 0.123456789),
                ["train/loss_q0"] = new(19, 0.75),
                ["train/loss_q2"] = new(19, 0.25),
                ["train/loss_q3"] = new(17, 0.125),
                ["train/loss_t00"] = new(19, 1),
                ["train/loss_t19"] = new(19, double.NaN),
                ["train/memory_bytes"] = new(19, 347_877_376),
            },
        };
        await using StubScheduler scheduler = await StubScheduler.StartAsync(Sweeps.Of(run));

        string output = (await Cli.RunAsync(scheduler.Environment, "show", "two/0")).Output;

        Assert.Equal(
            [
                "nll/kl_at_t 0.5 (t = 9)", "train/ema_drift_0 0.0625 (step 19)", "train/loss 0.123457 (step 21)", "train/loss_q0…2 0.75 0.25 (step 19)",
                "train/loss_q3 0.125 (step 17)", "train/loss_t00…19 1 NaN (step 19)", "train/memory_bytes 347,877,376 (step 19)",
            ],
            output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.StartsWith("train/", StringComparison.Ordinal) || line.StartsWith("nll/", StringComparison.Ordinal)));
    }
}
