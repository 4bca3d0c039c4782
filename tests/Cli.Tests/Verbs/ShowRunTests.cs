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
